"""What each fact should be: what the newest event of its record says."""

from collections.abc import Iterable, Sequence
from typing import Any

from crmkit.events.envelope import Wire
from crmkit.messaging.mirrors import Mirror
from services.reporting.fact.models import Fact
from services.reporting.fact.statements import SHAPES, Shape


def _mirror(shape: Shape) -> Mirror:
    def rows(events: Sequence[Wire]) -> Iterable[Sequence[Any]]:
        return zip(*shape.arrays(events), strict=True)

    return Mirror(shape.table, shape.aggregate, tuple(shape.types), rows)


REBUILT = tuple(sorted(Fact.metadata.tables))
"""This service keeps nothing that events do not say."""

MIRRORS = tuple(map(_mirror, SHAPES))
