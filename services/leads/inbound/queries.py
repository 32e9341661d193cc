"""Every list of inbound endpoints and messages, who stands behind a key, and what is counted."""

from datetime import date
from uuid import UUID

import asyncpg

from crmkit.components.day_counts import DayCounts
from crmkit.db.asof import Past
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.keys import hash_of, opens
from services.leads.inbound.domain import Received
from services.leads.inbound.models import InboundDay, InboundEndpoint, InboundMessage
from services.leads.inbound.statements import DAYS

INBOUND_ENDPOINTS = Listing(
    InboundEndpoint,
    filters=("source", "campaign_id", "active", "owner_id", "team", "revoked_at", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
INBOUND_MESSAGES = Listing(
    InboundMessage,
    filters=(
        "endpoint_id",
        "message_id",
        "status",
        "code",
        "lead_id",
        "owner_id",
        "team",
        "created_at",
    ),
    sorts=("created_at",),
    default="-created_at",
    search=("detail",),
)
_COUNTS = DayCounts(InboundDay, "endpoint_id", "taken", "repeated", "unsigned")
_DAYS = Past("inbound_day", "select * from public.inbound_day where updated_at <= {at}")
"""A day that is over changes no more; what a day had counted before its last message is not kept,
for then whoever sends what is not signed would have us keep a row for each."""


async def find_open(reading: Reading, endpoint_id: UUID, key: str) -> InboundEndpoint | None:
    """The endpoint that the key opens now, in the tenant the key says it is of."""
    found = await reading.find(InboundEndpoint, id=endpoint_id)
    return found if found and opens(hash_of(key), vars(found), reading.now) else None


async def find_message(reading: Reading, endpoint_id: UUID, place: str) -> InboundMessage | None:
    """The message that has that place among those of the endpoint."""
    return await reading.find(InboundMessage, endpoint_id=endpoint_id, place=place)


async def find_first(
    reading: Reading, endpoint_id: UUID, received: Received
) -> InboundMessage | None:
    """The message that has the place of this one; plain HMAC's of before have their ids' places."""
    found = await find_message(reading, endpoint_id, received.place)
    if found is not None or received.name == received.place:
        return found
    before = await find_message(reading, endpoint_id, received.name)
    return before if before is not None and before.body_hash == received.digest else None


async def list_days(reading: Reading, endpoint_id: UUID) -> list[asyncpg.Record]:
    """What came on the last 30 days on which anything did, for whoever may read the endpoint."""
    endpoint = await reading.get(InboundEndpoint, endpoint_id)
    return await reading.fetch(DAYS, reading.tenant_id, endpoint.id, of=(_DAYS,))


async def take_place(reading: Reading, endpoint: InboundEndpoint, day: date) -> int | None:
    """Which one it is that the endpoint takes that day; None where there are no more."""
    return await _COUNTS.count(reading, "taken", endpoint.id, day, endpoint.daily_cap)


async def count_repeated(reading: Reading, endpoint: InboundEndpoint, day: date) -> None:
    """One more that had become a lead before."""
    await _COUNTS.count(reading, "repeated", endpoint.id, day)


async def count_unsigned(reading: Reading, endpoint: InboundEndpoint, day: date) -> None:
    """One more that was not signed as it should be."""
    await _COUNTS.count(reading, "unsigned", endpoint.id, day)
