"""What a check looked at, and what it found."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crmkit.messaging.mirrors import Difference

MOST_NAMED = 200
"""Differences of one kind (table and field) that one check names, so that none hides another; the
rest is only counted."""


@dataclass(slots=True)
class Finding:
    """One check of one service. `behind` counts what was told and is still to be heard, `erased`
    the events whose salt and data are gone, of which only the digest can be proved, `given_up` the
    rows of events that their owner lost and says so: what they say nobody can prove."""

    service: str
    subject: str
    looked_at: int = 0
    behind: int = 0
    erased: int = 0
    given_up: int = 0
    wrong: int = 0
    differences: list[Difference] = field(default_factory=list)
    _noted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, *found: Difference) -> None:
        for each in found:
            self.wrong += 1
            self._noted[each.table, each.field] += 1
            if self._noted[each.table, each.field] <= MOST_NAMED:
                self.differences.append(each)


def plain(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """As JSON has it."""
    return [
        {
            "service": each.service,
            "subject": each.subject,
            "looked_at": each.looked_at,
            "behind": each.behind,
            "erased": each.erased,
            "given_up": each.given_up,
            "wrong": each.wrong,
            "differences": [
                {
                    "table": d.table,
                    "tenant_id": str(d.tenant_id) if d.tenant_id else None,
                    "row": d.row,
                    "field": d.field,
                    "kept": d.kept,
                    "wanted": d.wanted,
                }
                for d in each.differences
            ],
        }
        for each in findings
    ]
