"""Lists that are asked for a day, week, month or quarter where the tenant lives, and for what is
late."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import Any

from crmkit.components.directory import tenant
from crmkit.db.kinds import FLAG, KINDS, PERIOD, Kind
from crmkit.db.listing import Listing, Wanted
from crmkit.db.parameters import Parameter
from crmkit.db.reading import Reading
from crmkit.fields import label_schema
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, parse_period, start_of


def _label(text: str) -> str:
    try:
        return parse_period(text).label
    except Invalid as error:
        raise ValueError(error.detail) from error


_LABEL = Kind(
    "a day, week, month or quarter such as 2026-W47",
    {"type": "string"} | label_schema(*Grain),
    r"[0-9]{4}-[0-9QW-]{2,5}",
    _label,
    False,
)


@dataclass(eq=False)
class DatedListing(Listing):
    """A Listing with filters that depend on the tenant's zone and on what time it is.

    `periods` are names of parameters with the column whose instant lies in the period. `flags` are
    names with a column they speak of and a condition that is never null, in which `{at}` is the
    instant that the answer is about.
    """

    _: KW_ONLY
    periods: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        known: dict[str, Parameter] = dict(super().parameters)
        known |= {name: Parameter(c, PERIOD, _LABEL) for name, c in self.periods.items()}
        known |= {name: Parameter(c, FLAG, KINDS[bool]) for name, (c, _) in self.flags.items()}
        return known

    def _conditions(
        self, wanted: Wanted, masks: frozenset[str]
    ) -> tuple[tuple[str, ...], list[Any]]:
        plain = tuple(each for each in wanted.filters if not self._is_dated(each[0]))
        return super()._conditions(replace(wanted, filters=plain), masks)

    async def _of_custom(self, reading: Reading, wanted: Wanted) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = list(await super()._of_custom(reading, wanted))
        for name, value in wanted.filters:
            if name in self.periods:
                found.append(await self._within(reading, self.periods[name], value))
            elif name in self.flags:
                condition = self.flags[name][1].replace("{at}", "({0}::timestamptz)")
                # the placeholder is named in either case, so that each condition has one value
                asked = f"({condition} and {{0}}::timestamptz is not null)"
                found.append((asked if value else f"not {asked}", reading.at))
        return found

    def _is_dated(self, name: str) -> bool:
        return name in self.periods or name in self.flags

    async def _within(self, reading: Reading, column: str, label: str) -> tuple[str, Any]:
        """Two comparisons that an index can walk."""
        period, zone = parse_period(label), (await tenant(reading)).zone
        ends = [start_of(period.start, zone), start_of(period.end, zone)]
        bounds = "({0}::timestamptz[])"
        return f"({column} >= {bounds}[1] and {column} < {bounds}[2])", ends
