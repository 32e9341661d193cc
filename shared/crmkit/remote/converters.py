"""What a rule's `as` makes of a cell's text; each raises ValueError for what it cannot read."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from crmkit.kernel.written import amount_of, truth_of

Rule = Mapping[str, Any]
Converter = Callable[[str, Rule], Any]
_NOT_CODE = re.compile(r"[^a-z0-9]+")
_ISO = "%Y-%m-%d"


def moment(text: str, rule: Rule) -> datetime:
    """The instant or day by the first of the rule's `format`s that fits, ISO's day without.

    With `since`, the text is a number that rises with time: each is `every` seconds after the one
    before it, and `first` is at `since`.
    """
    if "since" in rule:
        start: datetime = rule["since"]
        return start + timedelta(seconds=(int(text) - rule["first"]) * rule["every"])
    forms = rule.get("format", _ISO)
    for form in [forms] if isinstance(forms, str) else forms:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the mapping's zone is put on later
        except ValueError:
            continue
    raise ValueError(f"{text!r} has none of the forms {forms}")


def _date(text: str, rule: Rule) -> str:
    return moment(text, rule).date().isoformat()


def _code(text: str, _: Rule) -> str:
    return _NOT_CODE.sub("-", text.lower()).strip("-")


def _path(text: str, rule: Rule) -> str:
    return "/".join(_code(part, rule) for part in text.split("/"))


CONVERTERS: Mapping[str, Converter] = {
    "text": lambda text, _: text,
    "code": _code,
    "path": _path,
    "integer": lambda text, _: int(text),
    "boolean": lambda text, _: truth_of(text),
    "amount": lambda text, _: amount_of(text),
    "date": _date,
}
"""By what a mapping calls them: `code` is in lower case with dashes, `path` is codes joined by /,
`amount` is money as people write it, `$1,117.10K`."""
