"""删除个人信息 rules of erasing a person's data: on which ground, and what names them."""

import json
from collections.abc import Iterator
from typing import Any

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled

MOST_RECORDS = 2000
"""Records that one erasure empties at most."""


class ErasureKind(Labelled):
    """Whose erasure somebody asked for: everything that is the same person's goes with it."""

    CONTACT = "contact", "联系人", "Contact"
    LEAD = "lead", "线索", "Lead"
    ACCOUNT = "account", "个人客户", "An account that is a person"


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
