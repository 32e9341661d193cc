"""Every list of deliveries."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import row
from services.webhooks.delivery.models import Attempt, Delivery

DELIVERIES = Listing(
    Delivery,
    filters=(
        "endpoint_id",
        "event_id",
        "aggregate_id",
        "state",
        "type",
        "last_status",
        "replay_id",
        "created_at",
    ),
    sorts=("created_at",),
    default="-created_at",
)

_ATTEMPTS = """
select * from webhook_attempt where tenant_id = $1 and delivery_id = $2 order by id limit 200
"""


async def list_attempts(reading: Reading, delivery_id: UUID) -> list[Attempt]:
    """The tries of a delivery that the caller may see."""
    await reading.get(Delivery, delivery_id)
    found = await reading.fetch(_ATTEMPTS, reading.tenant_id, delivery_id)
    return [row(Attempt, record) for record in found]
