"""Every change of an opportunity."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.directory import owner, tenant
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.erasing import begin_anew, files_emptied, hold_exports
from crmkit.components.jobs.subject import Jobs
from crmkit.db.erasing import erase_records, erased
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractState
from crmkit.events.leads import LeadState
from crmkit.events.opportunities import (
    OpportunityCreated,
    OpportunityDeleted,
    OpportunityErased,
    OpportunityFieldCreated,
    OpportunityFieldDeleted,
    OpportunityFieldUpdated,
    OpportunityJobEnded,
    OpportunityJobProgressed,
    OpportunityJobRequested,
    OpportunityLost,
    OpportunityReopened,
    OpportunityRestored,
    OpportunityStageChanged,
    OpportunityUpdated,
    OpportunityWon,
)
from crmkit.fields import given
from crmkit.kernel.access import HISTORY_SCOPE
from crmkit.kernel.errors import Forbidden, Invalid
from crmkit.kernel.identifiers import named_by
from services.opportunities.catalog.commands import product_name
from services.opportunities.opportunity.domain import (
    CERTAIN,
    HOPELESS,
    LIFECYCLE,
    OpportunityStatus,
    demand_open,
    demand_order,
    demand_other_stage,
)
from services.opportunities.opportunity.models import (
    AccountCopy,
    Opportunity,
    OpportunityField,
    OpportunityJob,
    OpportunityJobPart,
)
from services.opportunities.opportunity.queries import OPPORTUNITIES, OPPORTUNITY_FIELDS
from services.opportunities.opportunity.schemas import (
    CALLED,
    LoseOpportunity,
    MoveStage,
    OpportunityCreate,
    OpportunityRead,
    OpportunityUpdate,
    WinOpportunity,
)
from services.opportunities.pipeline.commands import course_of

FIELDS = FieldCommands(
    OpportunityField,
    created=OpportunityFieldCreated,
    updated=OpportunityFieldUpdated,
    deleted=OpportunityFieldDeleted,
)


async def create_opportunity(tx: Tx, new: OpportunityCreate) -> Opportunity:
    """Open a deal, for its owner or the caller."""
    if new.imported and HISTORY_SCOPE not in tx.actor.scopes:
        raise Forbidden(f"imported needs the scope {HISTORY_SCOPE}", code="history.forbidden")
    who = await owner(tx, new.owner_id)
    course = await course_of(tx, new.pipeline_id, new.stage)
    stage = course.stage(new.stage)
    await _demand_account(tx, new.account_id)
    values = given(
        new,
        pipeline_id=course.pipeline_id,
        stage=stage.code,
        owner_id=who.owner_id,
        region=new.region or who.region,
        custom=await OPPORTUNITY_FIELDS.written(tx, new.custom),
    )
    return tx.create(
        Opportunity,
        OpportunityCreated,
        **values,
        product=await product_name(tx, new.product_id),
        team=who.team,
        status=OpportunityStatus.OPEN,
        probability=stage.probability,
        opened_at=tx.occurred_at,
    )


async def open_from_lead(tx: Tx, lead: LeadState, opportunity_id: UUID) -> Opportunity:
    """Open the deal a lead was converted to, under the id that leads has told its caller."""
    course = await course_of(tx, None)
    stage = course.stage(None)
    return tx.create(
        Opportunity,
        OpportunityCreated,
        id=opportunity_id,
        name=lead.opportunity_name or lead.company,
        account_id=lead.account_id,
        lead_id=lead.id,
        pipeline_id=course.pipeline_id,
        stage=stage.code,
        status=OpportunityStatus.OPEN,
        probability=stage.probability,
        amount=lead.budget or Decimal("0.00"),
        currency=lead.currency or (await tenant(tx)).currency,
        product=lead.product,
        source=lead.source,
        owner_id=lead.owner_id,
        team=lead.team,
        region=lead.region,
        campaign_id=lead.campaign_id,
        channel_partner_id=lead.channel_partner_id,
        opened_at=tx.occurred_at,
    )


async def update_opportunity(tx: Tx, opportunity_id: UUID, patch: OpportunityUpdate) -> Opportunity:
    """Change facts of an open deal; a new owner brings their team."""
    opportunity = await tx.take(Opportunity, opportunity_id)
    values: dict[str, Any] = given(patch)
    await _demand_account(tx, patch.account_id)
    if "product_id" in values:
        values["product"] = await product_name(tx, patch.product_id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    if "custom" in values:
        before = opportunity.custom
        values["custom"] = await OPPORTUNITY_FIELDS.written(tx, patch.custom, before)
    changed = tx.update(opportunity, OpportunityUpdated, **values)
    if changed is not opportunity:
        demand_open(opportunity.status)
    return changed


async def move_stage(tx: Tx, opportunity_id: UUID, to: MoveStage) -> Opportunity:
    """Put an open deal into another stage of its pipeline; its probability follows."""
    opportunity = await tx.take(Opportunity, opportunity_id)
    demand_open(opportunity.status)
    demand_other_stage(opportunity.stage, to.stage)
    stage = (await course_of(tx, opportunity.pipeline_id, to.stage)).stage(to.stage)
    return tx.update(
        opportunity, OpportunityStageChanged, stage=stage.code, probability=stage.probability
    )


async def win_opportunity(tx: Tx, opportunity_id: UUID, deal: WinOpportunity) -> Opportunity:
    """赢单 close a deal as won, with the amount agreed on."""
    opportunity = await tx.take(Opportunity, opportunity_id)
    status = LIFECYCLE.move(opportunity.status, OpportunityStatus.WON)
    tx.follow(opportunity.opened_at)
    demand_order(opportunity.opened_at, tx.occurred_at)
    return tx.update(
        opportunity,
        OpportunityWon,
        status=status,
        probability=CERTAIN,
        won_at=tx.occurred_at,
        **(given(deal) if deal.amount else {}),
    )


async def apply_signed_contract(
    tx: Tx, opportunity: Opportunity, contract: ContractState
) -> Opportunity:
    """合同签订 a signed contract wins an open deal, once; a won one carries what was signed."""
    signed: dict[str, Any] = {
        "contract_id": contract.id,
        "amount": contract.amount,
        "currency": contract.currency,
    }
    told_before = opportunity.contract_id == contract.id
    if told_before or opportunity.status is OpportunityStatus.LOST:
        return opportunity
    if opportunity.status is OpportunityStatus.WON:
        return tx.update(opportunity, OpportunityUpdated, **signed)
    return tx.update(
        opportunity,
        OpportunityWon,
        status=LIFECYCLE.move(opportunity.status, OpportunityStatus.WON),
        probability=CERTAIN,
        won_at=max(opportunity.opened_at, tx.occurred_at),
        **signed,
    )


def move_to_account(tx: Tx, opportunity: Opportunity, account_id: UUID) -> Opportunity:
    """The account became part of that one; a deal that is over goes along."""
    return tx.update(opportunity, OpportunityUpdated, account_id=account_id)


async def lose_opportunity(tx: Tx, opportunity_id: UUID, why: LoseOpportunity) -> Opportunity:
    """丢单 give a deal up, with the reason."""
    opportunity = await tx.take(Opportunity, opportunity_id)
    status = LIFECYCLE.move(opportunity.status, OpportunityStatus.LOST)
    tx.follow(opportunity.opened_at)
    demand_order(opportunity.opened_at, tx.occurred_at)
    return tx.update(
        opportunity,
        OpportunityLost,
        status=status,
        probability=HOPELESS,
        lost_at=tx.occurred_at,
        lost_reason=why.reason,
    )


async def reopen_opportunity(tx: Tx, opportunity_id: UUID) -> Opportunity:
    """Take a closed deal up again, in the stage where it stood."""
    opportunity = await tx.take(Opportunity, opportunity_id)
    status = LIFECYCLE.move(opportunity.status, OpportunityStatus.OPEN)
    course = await course_of(tx, opportunity.pipeline_id)
    stage = course.stage_or_first(opportunity.stage)
    return tx.update(
        opportunity,
        OpportunityReopened,
        status=status,
        stage=stage.code,
        probability=stage.probability,
        won_at=None,
        lost_at=None,
        lost_reason="",
    )


async def delete_opportunity(tx: Tx, opportunity_id: UUID) -> Opportunity:
    """Put a deal away."""
    return tx.delete(await tx.take(Opportunity, opportunity_id), OpportunityDeleted)


async def restore_opportunity(tx: Tx, opportunity_id: UUID) -> Opportunity:
    """Bring a deleted deal back within 30 days."""
    return tx.restore(await tx.take_deleted(Opportunity, opportunity_id), OpportunityRestored)


async def erase_deals(
    tx: Tx, deals: Sequence[Opportunity], into: UUID | None = None
) -> Opportunity | None:
    """删除个人信息 empty what deals tell of a person, with their events and the files that may have
    them; an import under way is stopped. They move to the account `into`, if any. The last deal,
    None where all are empty already."""
    wanted = [each for each in deals if each.erased_at is None]
    if not wanted:
        return None
    await hold_exports(tx)
    moved = await begin_anew(tx, [JOBS], stop_imports=True)
    also = {each.id: {"account_id": into} for each in wanted} if into else None
    await erase_records(tx, list(zip(wanted, repeat(OpportunityErased), strict=False)), also)
    since = min(each.created_at for each in wanted)
    named = named_by(each.name for each in wanted)
    tx.asides += await files_emptied(tx, [JOBS], moved, named, since)
    return erased(tx, wanted[-1])


async def _demand_account(tx: Tx, account_id: UUID | None) -> None:
    """Invalid `account.unknown` where leads told of no such account."""
    if account_id is not None and await tx.find(AccountCopy, id=account_id) is None:
        raise Invalid.field("account_id", "account.unknown", "no such account")


JOBS = Jobs(
    JobCommands(
        OpportunityJob,
        Opportunity,
        requested=OpportunityJobRequested,
        progressed=OpportunityJobProgressed,
        ended=OpportunityJobEnded,
    ),
    OpportunityJobPart,
    OpportunityRead,
    OPPORTUNITIES,
    OPPORTUNITY_FIELDS,
    Bulk((create_opportunity, OpportunityCreate), (update_opportunity, OpportunityUpdate), {}),
    delete_opportunity,
    CALLED,
)
