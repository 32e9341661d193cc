"""What the room does with the events of others, and with what happens to leads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractCompleted, ContractSigned
from crmkit.events.envelope import Event
from crmkit.events.leads import (
    AccountCreated,
    AccountLifecycleChanged,
    AccountUpdated,
    LeadUpdated,
)
from crmkit.events.leads_pool import (
    LeadAllocated,
    LeadAssigned,
    LeadClaimed,
    LeadPooled,
    LeadRecycled,
    LeadReturned,
    LeadTakenBack,
)
from crmkit.messaging.handlers import consumes
from services.leads.account.models import Account
from services.leads.followup import commands
from services.leads.followup.domain import MARKS, FollowUpTrigger, marked
from services.leads.followup.models import FollowUpPlan
from services.leads.lead.models import Lead


@consumes(ContractSigned)
async def follow_signed(tx: Tx, event: ContractSigned) -> FollowUpPlan | None:
    return await commands.start_by_contract(tx, FollowUpTrigger.CONTRACT_SIGNED, event.state)


@consumes(ContractCompleted)
async def follow_completed(tx: Tx, event: ContractCompleted) -> FollowUpPlan | None:
    return await commands.start_by_contract(tx, FollowUpTrigger.CONTRACT_COMPLETED, event.state)


async def _follow_stage(tx: Tx, event: AccountCreated | AccountLifecycleChanged) -> Record | None:
    """An account that came to a stage is followed up as that stage is, and as no other one; what is
    heard when it stands elsewhere by now starts nothing."""
    account = await tx.find(Account, id=event.aggregate_id)
    if account is None or account.lifecycle != event.state.lifecycle:
        return None
    stopped = await commands.stop_former_stages(tx, account)
    started = await commands.start_by_account(tx, FollowUpTrigger.ACCOUNT_STAGE, account, event.id)
    if started is None and stopped is None:
        return None
    tx.expect(account)
    return started or stopped


follow_opened = consumes(AccountCreated)(_follow_stage)
follow_stage = consumes(AccountLifecycleChanged)(_follow_stage)


async def _mark(
    tx: Tx, event: AccountCreated | AccountUpdated, starts: Sequence[FollowUpTrigger]
) -> FollowUpPlan | None:
    begun = [
        await commands.start_by_mark(tx, each, event.aggregate_id, event.id) for each in starts
    ]
    return next((each for each in reversed(begun) if each is not None), None)


@consumes(AccountUpdated)
async def follow_marked(tx: Tx, event: AccountUpdated) -> FollowUpPlan | None:
    return await _mark(tx, event, marked(event.changed))


@consumes(AccountCreated)
async def follow_marked_at_once(tx: Tx, event: AccountCreated) -> FollowUpPlan | None:
    starts = [starts for mark, starts in MARKS.items() if getattr(event.state, mark)]
    return await _mark(tx, event, starts)


async def _follow(tx: Tx, event: Event[Any]) -> Record | None:
    """What somebody meant to do about a lead goes where the lead goes; however late this is heard,
    to whoever has it by now."""
    owners = event.changed.get("owner_id")
    if owners is None:
        return None
    lead = await tx.find(Lead, id=event.aggregate_id)
    return None if lead is None else await commands.hand_over(tx, lead, UUID(owners[0]))


follow_pooled = consumes(LeadPooled)(_follow)
follow_returned = consumes(LeadReturned)(_follow)
follow_taken_back = consumes(LeadTakenBack)(_follow)
follow_recycled = consumes(LeadRecycled)(_follow)
follow_claimed = consumes(LeadClaimed)(_follow)
follow_allocated = consumes(LeadAllocated)(_follow)
follow_assigned = consumes(LeadAssigned)(_follow)
follow_updated = consumes(LeadUpdated)(_follow)
