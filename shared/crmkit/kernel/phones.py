"""电话 numbers as people write them, and as one number is written everywhere."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

HOME = "CN"
"""Where a number without a country code is dialled, unless its record names a country."""


def e164(text: str, country: str = "") -> str | None:
    """The number as E.164, such as `+8613800138000`; None where no network has one that long.

    `country` is an ISO 3166 code in capitals; any other text counts as `HOME`. An extension is
    left out, for E.164 has none.
    """
    region = country if country in phonenumbers.SUPPORTED_REGIONS else HOME
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
