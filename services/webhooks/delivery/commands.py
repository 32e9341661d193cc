"""Every change of a delivery by hand."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.webhooks import DeliveryReplayed
from crmkit.kernel.errors import Conflict
from services.webhooks.delivery.domain import DeliveryState
from services.webhooks.delivery.models import Delivery


async def replay_delivery(tx: Tx, delivery_id: UUID) -> Delivery:
    """Send an event again under its own id, signed anew.

    Only what no dispatcher can have in its hands: the rest goes out by itself.
    """
    delivery = await tx.take(Delivery, delivery_id)
    if delivery.state not in (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED):
        raise Conflict(f"it is {delivery.state} and will be sent", code="delivery.waiting")
    return tx.update(
        delivery,
        DeliveryReplayed,
        state=DeliveryState.PENDING,
        attempts=0,
        replays=delivery.replays + 1,
        next_at=tx.now,
    )
