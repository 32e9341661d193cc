"""Every list of replays, and how far one is."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from services.webhooks.delivery.models import Delivery
from services.webhooks.replay.domain import Progress
from services.webhooks.replay.models import Replay

REPLAYS = Listing(
    Replay,
    filters=("endpoint_id", "state", "owner_id", "created_at"),
    sorts=("created_at",),
    default="-created_at",
)
_PROGRESS = """
select count(*) filter (where state = 'delivered')::int as delivered,
  count(*) filter (where state in ('pending', 'paused'))::int as waiting,
  count(*) filter (where state in ('exhausted', 'skipped'))::int as given_up
from webhook_delivery where tenant_id = $1 and replay_id = $2
"""


async def get_progress(reading: Reading, replay_id: UUID) -> Progress:
    """How far a replay is that the caller may see."""
    replay = await reading.get(Replay, replay_id)
    (found,) = await reading.fetch(_PROGRESS, reading.tenant_id, replay_id, of=(Delivery,))
    return Progress(replay.found, **found)
