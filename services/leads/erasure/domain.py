"""删除个人信息 rules of erasing a person's data: on which ground, and what names them."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled

MOST_RECORDS = 2000
"""Records that one erasure empties at most."""

SIGNS = " ()-."
"""That numbers are written with; values are compared without them, here and in SQL."""

_LEAST_DIGITS = 7
_SIGNS = re.compile(f"[{re.escape(SIGNS)}]")
_CHINA = "+86"


class ErasureKind(Labelled):
    """Whose erasure somebody asked for: everything that is the same person's goes with it."""

    CONTACT = "contact", "联系人", "Contact"
    LEAD = "lead", "线索", "Lead"


class ErasureReason(Labelled):
    """个人信息保护法 Art. 47, GDPR Art. 17: on which ground a person's data has to go."""

    REQUEST = "request", "本人要求", "They asked for it"
    CONSENT_WITHDRAWN = "consent_withdrawn", "撤回同意", "They took back their consent"
    PURPOSE_ENDED = "purpose_ended", "目的已实现", "It is not needed any more"
    UNLAWFUL = "unlawful", "违法处理", "It should not have been kept"


def demand_few(records: int) -> None:
    """Conflict `erasure.too_large` beyond MOST_RECORDS."""
    if records > MOST_RECORDS:
        raise Conflict(f"more than {MOST_RECORDS} records tell of them", code="erasure.too_large")


def demand_no_jobs(under_way: int) -> None:
    """Conflict `erasure.jobs_under_way`: until they end, they hold what they have read."""
    if under_way:
        raise Conflict(
            "imports or exports of leads are under way; ask again when they have ended",
            code="erasure.jobs_under_way",
        )


def plain(value: str) -> str:
    """As values are compared: in lower case, without the signs numbers are written with."""
    return _SIGNS.sub("", value.strip().lower())


def words_of(message: str) -> list[str]:
    """The values in a text of JSON; of what is none, the whole text and each word of it."""
    try:
        return [str(leaf) for leaf in _leaves(json.loads(message))]
    except ValueError:
        return [message, *message.split()]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value


def named_by(values: Iterable[str | None]) -> frozenset[str]:
    """What tells that a row is about a person of these names, numbers and addresses; a number of
    China is also known without +86."""
    found = {plain(value) for value in values if value}
    found |= {each.removeprefix(_CHINA) for each in found if _is_number(each)}
    return frozenset(each for each in found if len(each) > 1)


def names(identifiers: Collection[str], values: Iterable[object]) -> bool:
    """Whether one of the values is one of these, whatever signs it is written with."""
    return any(isinstance(value, str) and plain(value) in identifiers for value in values)


def _is_number(value: str) -> bool:
    digits = value.removeprefix("+")
    return digits.isdigit() and len(digits) >= _LEAST_DIGITS
