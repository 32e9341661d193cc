"""Lists of what belongs to many parents, by one statement: a page for each of them."""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.paging import Form, page_sql
from crmkit.db.reading import Reading


class Below(NamedTuple):
    """Which rows belong to a parent: those of a listing whose `column` holds its id."""

    listing: Listing
    column: str


async def find_each(
    below: Below, reading: Reading, wanted: Wanted, parents: Sequence[UUID]
) -> list[Found]:
    """The page that `listing.find` would find for each parent, in the order asked for.

    A cursor is a place in the order, whoever the parent is.
    """
    wanted = await below.listing.settled(reading, wanted)
    asked = await below.listing.question(reading, wanted)
    given = (*asked.filtering, *asked.place, wanted.limit + 1, list(parents))
    records = await reading.fetch(_sql(below, asked.form), *given, of=(below.listing.cls,))
    mark = partial(below.listing.mark, wanted, reading.realm)
    pages: dict[int, Found] = {}
    for place, group in groupby(records, lambda record: record["parent_place"]):
        found = list(group)
        shown = found[: wanted.limit]
        following = mark(shown[-1]) if len(found) > wanted.limit else None
        pages[place] = Found(shown, following, None, mark)
    nothing = Found([], None, None, mark)
    return [pages.get(place, nothing) for place in range(1, len(parents) + 1)]


@lru_cache(maxsize=1024)
def _sql(below: Below, form: Form) -> str:
    mine = f"{below.column} = parent.parent_id"
    page, number = page_sql(below.listing, form._replace(conditions=(*form.conditions, mine)))
    return (
        f"select parent_place, page.* from unnest(${number + 1}::uuid[])"
        f" with ordinality parent (parent_id, parent_place) cross join lateral"
        f" (select *, row_number() over () child_place from ({page}) page) page"
        f" order by parent_place, child_place"
    )
