"""Every list of keys, and where each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.reading import Reading
from crmkit.kernel.rights import Maker
from services.identity.key.domain import Standing, standing_of
from services.identity.key.models import Key
from services.identity.member.models import Member

KEYS = Listing(
    Key,
    filters=("maker_id", "team", "created_at"),
    sorts=("name", "created_at"),
    default="name",
    search=("name",),
)


async def list_keys(reading: Reading, wanted: Wanted) -> Found:
    """A page of keys, each with where it stands."""
    found = await KEYS.find(reading, wanted)
    keys = [dict(record) for record in found.records]
    for key, standing in zip(keys, await _standings(reading, keys), strict=True):
        key.update(standing._asdict())
    records: Any = keys
    return replace(found, records=records)


async def judged(reading: Reading, key: Key) -> Key:
    """The row with where it stands beside its columns."""
    (standing,) = await _standings(reading, [vars(key)])
    vars(key).update(standing._asdict())
    return key


def maker_of(member: Member | None) -> Maker | None:
    """What counts of the person who made a key."""
    return Maker(member.active, member.roles, member.team) if member else None


async def _standings(reading: Reading, keys: Sequence[Mapping[str, Any]]) -> list[Standing]:
    makers = await reading.by_ids(Member, [key["maker_id"] for key in keys])
    return [
        standing_of(key, maker_of(maker), reading.at)
        for key, maker in zip(keys, makers, strict=True)
    ]
