"""What the room does when people leave, and when they come back."""

from crmkit.db.writing import Tx
from crmkit.events.identity import MemberDeactivated, MemberReactivated
from crmkit.kernel import ids
from crmkit.messaging.handlers import consumes
from services.leads.offboarding import commands
from services.leads.offboarding.domain import OffboardingState, OffboardingTrigger
from services.leads.offboarding.models import Offboarding
from services.leads.offboarding.queries import count_holdings, find_unfinished


@consumes(MemberDeactivated)
async def note_leaver(tx: Tx, event: MemberDeactivated) -> Offboarding | None:
    """Once for each time they leave, where they have anything and nobody is at it yet."""
    offboarding_id = ids.named(event.id)
    if await tx.find(Offboarding, id=offboarding_id) is not None:
        return None
    if await find_unfinished(tx, event.aggregate_id) is not None:
        return None
    if not await count_holdings(tx, event.aggregate_id):
        return None
    tx.contested.add("offboarding_owner_key")
    return await commands.note_leaver(tx, offboarding_id, event.aggregate_id, event.state.team)


@consumes(MemberReactivated)
async def forget_leaver(tx: Tx, event: MemberReactivated) -> Offboarding | None:
    """Who came back keeps what they have, unless somebody has said where it goes."""
    known = await find_unfinished(tx, event.aggregate_id)
    if known is None or known.state is not OffboardingState.OPEN:
        return None
    if known.trigger is not OffboardingTrigger.DEACTIVATED:
        return None
    return await commands.cancel_offboarding(tx, known.id)
