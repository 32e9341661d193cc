"""Days and instants of a view that are said from where today is, for whoever looks."""

from datetime import date, datetime

from crmkit.components.directory import tenant
from crmkit.db.kinds import KINDS, PERIOD
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.period import day_of, start_of
from crmkit.kernel.relative import is_relative, relative_period


async def dated(listing: Listing, reading: Reading, name: str, text: str) -> list[tuple[str, str]]:
    """A filter by `this_week` and its like as the list's own: of a day or an instant as the two
    comparisons that it stands for, of a period as its label. Today is that of the instant which the
    answer is about, where the tenant lives; any other filter stays as it is.
    """
    known = listing.parameters.get(name)
    if known is None or not is_relative(text):
        return [(name, text)]
    zone = (await tenant(reading)).zone
    period = relative_period(text, day_of(reading.at, zone))
    if known.operator == PERIOD and period.label:
        return [(name, period.label)]
    ends = (period.start, period.end)
    if known.operator == "=" and known.kind == KINDS[date]:
        first, end = (day.isoformat() for day in ends)
    elif known.operator == "=" and known.kind == KINDS[datetime]:
        first, end = (start_of(day, zone).isoformat() for day in ends)
    else:
        return [(name, text)]
    return [(f"{name}_gte", first), (f"{name}_lt", end)]
