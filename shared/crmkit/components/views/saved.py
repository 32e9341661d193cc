"""What a saved view says, looked up in its list when it is saved, and whenever it is used.

Whoever uses a view asks the list by themselves: their scope, their masks, their rights. What they
say besides takes the place of what the view says by the same name, and narrows it otherwise. A view
that names what is not there any more, or not for them, is refused whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from crmkit.components.views.models import View
from crmkit.components.views.relative import dated
from crmkit.db.listing import Listing, Wanted
from crmkit.db.parameters import SEGMENT
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.kernel.errors import Conflict, Fault, Invalid, NotFound
from crmkit.kernel.own import CUSTOM
from crmkit.web.answers import Read

_NO_FILTERS = frozenset({"sort", "limit", "cursor", "count", "view"})
_WHOSE, _MINE = "owner_id", "me"


class Said(NamedTuple):
    """What a view says of its list."""

    filter: Mapping[str, str]
    sort: str
    fields: Collection[str]


@dataclass(frozen=True, slots=True)
class Viewed:
    """A list that has views, and what it shows of each record."""

    listing: Listing
    read: type[Read]

    @property
    def resource(self) -> str:
        return str(plan(self.listing.cls).table)

    def demand(self, reading: Reading) -> None:
        """Forbidden for whoever may not read the list: its views say what there is in it."""
        reading.policy.demand(reading.actor, self.resource, "read")


@dataclass(frozen=True, slots=True)
class SavedViews:
    """The views of a service, as its lists know them."""

    cls: type[View]

    async def applied(self, listing: Listing, reading: Reading, wanted: Wanted) -> Wanted:
        """What is wanted with what its view says; NotFound, Conflict `view.stale`.

        The view is the one of today, also where the list is asked about the past.
        """
        if wanted.view is None:
            return wanted
        today = replace(reading, as_of=None)
        view = await today.get(self.cls, wanted.view)
        if view.resource != plan(listing.cls).table:
            raise not_found(self.cls)
        own = {name for name, _ in wanted.filters}
        said = Said(
            {name: text for name, text in view.filter.items() if name not in own},
            "" if wanted.ordered else view.sort,
            view.fields,
        )
        await _demand_standing(listing, today, said, "view")
        asked = await _asked(listing, reading, said.filter.items())
        filters = (*wanted.filters, *asked.filters)
        order = _ordered(listing, said.sort).sort if said.sort else wanted.sort
        return replace(
            wanted, filters=tuple(sorted(filters)), sort=order, fields=tuple(view.fields), view=None
        )


async def demand_valid(viewed: Viewed, reading: Reading, said: Said) -> None:
    """Invalid `view.invalid` with a fault for each filter, order or field that the list does not
    have, or that is none of the caller's."""
    faults = await faults_of(viewed.listing, reading, said)
    known = viewed.read.model_fields.keys() | await _own(viewed.listing, reading, said.fields)
    faults += [_lacking(name) for name in said.fields if name not in known]
    if faults:
        raise Invalid("the list has no such view", code="view.invalid", faults=faults)


async def standing(
    listing: Listing, reading: Reading, filters: Mapping[str, str], kept: str
) -> Wanted:
    """What filters that are kept ask of their list, for whoever looks, when they look; Conflict
    `<kept>.stale` where the list, or they, do not have one of them any more."""
    said = Said(filters, "", ())
    await _demand_standing(listing, replace(reading, as_of=None), said, kept)
    return await _asked(listing, reading, filters.items())


async def spelled_out(listing: Listing, reading: Reading, filters: Mapping[str, str]) -> Said:
    """A filter that may name a view as the view and it say together, as of now."""
    wanted = listing.parse(tuple(filters.items()))
    plain = {name: text for name, text in filters.items() if name != "view"}
    if wanted.view is None or not isinstance(listing.views, SavedViews):
        return Said(plain, "", ())
    await listing.settled(reading, wanted)
    view = await reading.get(listing.views.cls, wanted.view)
    meant = dict(await _meant(listing, reading, view.filter.items()))
    order = {"sort": view.sort} if view.sort else {}
    return Said(order | meant | plain, "", view.fields)


def not_found(cls: type[View]) -> NotFound:
    table = plan(cls).table
    return NotFound.of(table)


async def _demand_standing(listing: Listing, reading: Reading, said: Said, kept: str) -> None:
    faults = await faults_of(listing, reading, said)
    own = [name for name in said.fields if name.startswith(CUSTOM)]
    known = await _own(listing, reading, own)
    faults += [_lacking(name) for name in own if name not in known]
    if faults:
        names = ", ".join(fault.pointer[1:].replace("/", " ") for fault in faults)
        raise Conflict(
            f"the {kept} does not fit its list any more: {names}",
            code=f"{kept}.stale",
            faults=faults,
        )


async def faults_of(listing: Listing, reading: Reading, said: Said) -> list[Fault]:
    """What the list does not have of the filters and the order, or not for the caller."""
    masks = reading.policy.masks(reading.actor, plan(listing.cls).table)
    found = []
    for name in said.filter:
        try:
            await _demand_filter(listing, reading, said, name)
        except (Invalid, NotFound, Conflict) as error:
            found.append(Fault(f"/filter/{name}", error.code, error.detail))
    try:
        if said.sort:
            listing.keep_hidden(_ordered(listing, said.sort), masks)
    except Invalid as error:
        found.append(Fault("/sort", error.code, error.detail))
    return found


async def _demand_filter(listing: Listing, reading: Reading, said: Said, name: str) -> None:
    if name in _NO_FILTERS:
        raise Invalid("is no filter", code="parameter.unknown")
    asked = await _asked(listing, reading, [(name, said.filter[name])])
    if any(other != name and other in said.filter for other, _ in asked.filters):
        raise Invalid("is said twice", code="parameter.invalid")
    listing.keep_hidden(asked, reading.policy.masks(reading.actor, plan(listing.cls).table))
    if listing.custom and name.startswith(CUSTOM):
        await listing.custom.demand(reading, asked.filters)
    if listing.segments and name == SEGMENT:
        await listing.segments.applied(listing, reading, asked)


async def _own(listing: Listing, reading: Reading, fields: Iterable[str]) -> frozenset[str]:
    """The tenant's own fields, where one of these may be one."""
    if listing.custom is None or not any(name.startswith(CUSTOM) for name in fields):
        return frozenset()
    return await listing.custom.names(reading)


async def _asked(listing: Listing, reading: Reading, filters: Iterable[tuple[str, str]]) -> Wanted:
    return listing.parse(await _meant(listing, reading, filters))


def _ordered(listing: Listing, sort: str) -> Wanted:
    return listing.parse([("sort", sort)])


async def _meant(
    listing: Listing, reading: Reading, filters: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """我的 whoever looks is meant by `me`, 本周 and its like are those of when they look."""
    found = []
    for name, text in filters:
        mine = (name, text) == (_WHOSE, _MINE)
        said = str(reading.actor.member_id) if mine else text
        found += await dated(listing, reading, name, said)
    return found


def _lacking(name: str) -> Fault:
    return Fault(f"/fields/{name}", "columns.unknown", f"{name}: no such field")
