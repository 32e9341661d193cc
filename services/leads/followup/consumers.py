"""What the room does with the events of others."""

from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractCompleted, ContractSigned
from crmkit.messaging.handlers import consumes
from services.leads.followup import commands
from services.leads.followup.domain import FollowUpTrigger
from services.leads.followup.models import FollowUpPlan


@consumes(ContractSigned)
async def follow_signed(tx: Tx, event: ContractSigned) -> FollowUpPlan | None:
    return await commands.start_by_contract(tx, FollowUpTrigger.CONTRACT_SIGNED, event.state)


@consumes(ContractCompleted)
async def follow_completed(tx: Tx, event: ContractCompleted) -> FollowUpPlan | None:
    return await commands.start_by_contract(tx, FollowUpTrigger.CONTRACT_COMPLETED, event.state)
