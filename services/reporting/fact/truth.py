"""What each fact should be, by the newest event of its record, and its history, by every one."""

from collections.abc import Iterable, Sequence
from typing import Any

from crmkit.events.envelope import Wire
from crmkit.messaging.mirrors import Mirror
from services.reporting.fact.models import Fact
from services.reporting.fact.statements import SHAPES, TOLD, Shape


def _mirrors(shape: Shape) -> tuple[Mirror, Mirror]:
    newest = tuple(shape.types)
    each = (*newest, *TOLD)

    def rows(events: Sequence[Wire]) -> Iterable[Sequence[Any]]:
        return zip(*shape.arrays(events)[: len(newest)], strict=True)

    def states(events: Sequence[Wire]) -> Iterable[Sequence[Any]]:
        return zip(*shape.arrays(events)[: len(each)], strict=True)

    return (
        Mirror(shape.table, shape.aggregate, newest, rows),
        Mirror(f"{shape.table}_history", shape.aggregate, each, states, versions=True),
    )


REBUILT = tuple(name for name in sorted(Fact.metadata.tables) if name.startswith("fact_"))
"""This service keeps nothing that events do not say."""

MIRRORS = tuple(mirror for shape in SHAPES for mirror in _mirrors(shape))
