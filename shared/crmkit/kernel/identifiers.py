"""What names a person in a row: names, numbers and addresses, however they are written."""

import json
import re
from collections.abc import Collection, Iterable, Mapping

SIGNS = " ()-."
"""That numbers are written with; values are compared without them, here and in SQL."""

_LEAST_DIGITS = 7
_PARTS = re.compile(r"[,，、\s]+")
_SIGNS = re.compile(f"[{re.escape(SIGNS)}]")
_CHINA = "+86"


def plain(value: str) -> str:
    """As values are compared: in lower case, without the signs numbers are written with."""
    return _SIGNS.sub("", value.strip().lower())


def named_by(values: Iterable[str | None]) -> frozenset[str]:
    """What tells that a row is about a person of these names, numbers and addresses; a number of
    China is also known without +86."""
    found = {plain(value) for value in values if value}
    found |= {each.removeprefix(_CHINA) for each in found if _is_number(each)}
    return frozenset(each for each in found if len(each) > 1)


def names(identifiers: Collection[str], values: Iterable[object]) -> bool:
    """Whether one of the values is one of these, whatever signs it is written with."""
    return any(isinstance(value, str) and plain(value) in identifiers for value in values)


def is_asked_by(identifiers: Collection[str], filters: Mapping[str, str], *said: str) -> bool:
    """Whether filters of a list, or what is said of them, name them: by a value, by one of several
    with commas between them, or by a word."""
    texts = [*filters.values(), *said]
    return names(identifiers, [*texts, *(part for text in texts for part in _PARTS.split(text))])


def in_json(identifiers: Collection[str]) -> list[str]:
    """The same as they may stand in the text of a JSON document, where a quote has a backslash."""
    written = {json.dumps(each)[1:-1] for each in identifiers}
    written |= {json.dumps(each, ensure_ascii=False)[1:-1] for each in identifiers}
    return sorted(written.union(identifiers))


def _is_number(value: str) -> bool:
    digits = value.removeprefix("+")
    return digits.isdigit() and len(digits) >= _LEAST_DIGITS
