"""Every change of a delivery by hand."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.webhooks import DeliveryReplayed, DeliverySkipped
from crmkit.kernel.errors import Conflict
from services.webhooks.delivery.domain import OVER, DeliveryState
from services.webhooks.delivery.models import Delivery


async def replay_delivery(tx: Tx, delivery_id: UUID) -> Delivery:
    """Send an event again under its own id, signed anew.

    Only what no dispatcher can have in its hands: the rest goes out by itself.
    """
    delivery = await tx.take(Delivery, delivery_id)
    if delivery.state not in OVER:
        raise Conflict(f"it is {delivery.state} and will be sent", code="delivery.waiting")
    return tx.update(
        delivery,
        DeliveryReplayed,
        state=DeliveryState.PENDING,
        attempts=0,
        replays=delivery.replays + 1,
        next_at=tx.now,
        replay_id=None,
    )


async def skip_delivery(tx: Tx, delivery_id: UUID) -> Delivery:
    """Give an event up for its endpoint, so that later ones of its record need not wait for it.

    A try that is under way loses its lease, so what it brings is not written.
    """
    delivery = await tx.take(Delivery, delivery_id)
    if delivery.state in (DeliveryState.DELIVERED, DeliveryState.SKIPPED):
        raise Conflict(f"it is {delivery.state} already", code="delivery.over")
    return tx.update(
        delivery,
        DeliverySkipped,
        state=DeliveryState.SKIPPED,
        live=False,
        lease_until=None,
        lease_token=None,
    )
