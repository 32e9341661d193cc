"""Texts that a spreadsheet would run."""

import re

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def harmless(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would take it for a formula.

    Numbers stay numbers.
    """
    is_formula = text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS)
    return f"'{text}" if is_formula and not _NUMBER.fullmatch(text) else text
