"""What names a person in a row: names, numbers and addresses, however they are written."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

SIGNS = " ()-."
"""That numbers are written with; values are compared without them, here and in SQL."""

_LEAST_DIGITS = 7
_LISTED = re.compile(r"[,，、;；]+")
_MOST_WORDS = 6
_ONE_WORD = re.compile(r"[A-Za-z]+")
_TELLING = (
    "q",
    "name",
    "contact_name",
    "company",
    "title",
    "email",
    "phone",
    "external_id",
    "custom",
)
"""Filters of a list begin so where their values may name somebody; others hold codes and ids."""

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
    with commas between them, or by words of one; by a single word of Latin letters only where
    nothing stands beside it, since many a name is a common word as well."""
    texts = [*(text for name, text in filters.items() if name.startswith(_TELLING)), *said]
    parts = [part for text in texts for part in _LISTED.split(text)]
    return names(identifiers, [*parts, *(run for part in parts for run in _runs(part.split()))])


def _runs(words: Sequence[str]) -> Iterator[str]:
    for first in range(len(words)):
        for last in range(first + 1, min(first + _MOST_WORDS, len(words)) + 1):
            run = " ".join(words[first:last])
            if not _ONE_WORD.fullmatch(run):
                yield run


def in_json(identifiers: Collection[str]) -> list[str]:
    """The same as they may stand in the text of a JSON document, where a quote has a backslash."""
    written = {json.dumps(each)[1:-1] for each in identifiers}
    written |= {json.dumps(each, ensure_ascii=False)[1:-1] for each in identifiers}
    return sorted(written.union(identifiers))


def _is_number(value: str) -> bool:
    digits = value.removeprefix("+")
    return digits.isdigit() and len(digits) >= _LEAST_DIGITS
