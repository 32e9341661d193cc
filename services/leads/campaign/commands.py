"""Every change of a campaign and of what it costs.

The campaign's row has the sum of its costs: whoever changes one of them changes it too, in the same
statement, so that the two never differ.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crmkit.components.directory import owner, tenant
from crmkit.db.writing import Tx
from crmkit.events.leads_campaigns import (
    CampaignApproved,
    CampaignCancelled,
    CampaignCharged,
    CampaignCostCorrected,
    CampaignCostDeleted,
    CampaignCostRecorded,
    CampaignCreated,
    CampaignEnded,
    CampaignRevised,
    CampaignStarted,
    CampaignUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import NotFound
from crmkit.kernel.period import day_of
from services.leads.campaign.domain import (
    LIFECYCLE,
    CampaignStatus,
    PlanLevel,
    demand_channel,
    demand_chargeable,
    demand_currency,
    demand_editable,
    demand_no_cycle,
    demand_one_currency,
    demand_order,
    demand_period,
    demand_placed,
    demand_shallow,
    demand_sum,
)
from services.leads.campaign.models import Campaign, CampaignCost
from services.leads.campaign.queries import find_height
from services.leads.campaign.schemas import (
    CampaignCreate,
    CampaignUpdate,
    CancelCampaign,
    CorrectCost,
    RecordCost,
)

_NOON = time(12)


async def create_campaign(tx: Tx, new: CampaignCreate) -> Campaign:
    """Draft a campaign, for its owner or the caller."""
    demand_channel(new.kind, new.channel)
    demand_period(new.starts_on, new.ends_on)
    await _expect_above(tx, new.plan_level, new.parent_id)
    who = await owner(tx, new.owner_id)
    return tx.create(
        Campaign,
        CampaignCreated,
        **given(new, owner_id=who.owner_id, region=new.region or who.region),
        team=who.team,
        status=CampaignStatus.DRAFT,
    )


async def update_campaign(tx: Tx, campaign_id: UUID, patch: CampaignUpdate) -> Campaign:
    """Change a campaign's facts; what was approved stays, a new owner brings their team."""
    campaign = await tx.take(Campaign, campaign_id)
    values: dict[str, Any] = given(patch)
    changed = {name for name, value in values.items() if getattr(campaign, name) != value}
    demand_editable(campaign.status, changed)
    after = vars(campaign) | values
    demand_channel(after["kind"], after["channel"])
    demand_period(after["starts_on"], after["ends_on"])
    demand_one_currency(campaign.spent, campaign.currency, after["currency"])
    if "parent_id" in changed:
        await _expect_above(tx, campaign.plan_level, patch.parent_id, campaign.id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    return tx.update(campaign, CampaignUpdated, **values)


async def approve_campaign(tx: Tx, campaign_id: UUID) -> Campaign:
    """内容审核 find right what a draft says, and let it be spent on."""
    campaign = await tx.take(Campaign, campaign_id, "approve")
    status = LIFECYCLE.move(campaign.status, CampaignStatus.APPROVED)
    return tx.update(
        campaign,
        CampaignApproved,
        status=status,
        approved_at=tx.occurred_at,
        approved_by=tx.actor.member_id,
    )


async def revise_campaign(tx: Tx, campaign_id: UUID) -> Campaign:
    """Make an approved campaign a draft again; it needs another approval then."""
    campaign = await tx.take(Campaign, campaign_id)
    status = LIFECYCLE.move(campaign.status, CampaignStatus.DRAFT)
    return tx.update(campaign, CampaignRevised, status=status, approved_at=None, approved_by=None)


async def start_campaign(tx: Tx, campaign_id: UUID) -> Campaign:
    """Begin an approved campaign."""
    campaign = await tx.take(Campaign, campaign_id)
    status = LIFECYCLE.move(campaign.status, CampaignStatus.RUNNING)
    started_at = _after(tx, campaign.approved_at)
    return tx.update(campaign, CampaignStarted, status=status, started_at=started_at)


async def end_campaign(tx: Tx, campaign_id: UUID) -> Campaign:
    """Close a running campaign; its last costs may still come in."""
    campaign = await tx.take(Campaign, campaign_id)
    status = LIFECYCLE.move(campaign.status, CampaignStatus.ENDED)
    ended_at = _after(tx, campaign.started_at)
    return tx.update(campaign, CampaignEnded, status=status, ended_at=ended_at)


async def cancel_campaign(tx: Tx, campaign_id: UUID, why: CancelCampaign) -> Campaign:
    """Call a campaign off, with the reason."""
    campaign = await tx.take(Campaign, campaign_id)
    status = LIFECYCLE.move(campaign.status, CampaignStatus.CANCELLED)
    cancelled_at = _after(tx, campaign.started_at or campaign.approved_at)
    return tx.update(
        campaign,
        CampaignCancelled,
        status=status,
        cancelled_at=cancelled_at,
        cancelled_reason=why.reason,
    )


async def record_cost(tx: Tx, campaign_id: UUID, new: RecordCost) -> CampaignCost:
    """推广费用 write down money spent on a campaign; it belongs to whoever the campaign does."""
    campaign = await tx.take(Campaign, campaign_id, "charge")
    demand_chargeable(campaign.status)
    demand_currency(campaign.currency, new.amount.currency)
    _charge(tx, campaign, new.amount.amount)
    zone = (await tenant(tx)).zone
    spent_on = new.spent_on or day_of(tx.occurred_at, zone)
    return tx.create(
        CampaignCost,
        CampaignCostRecorded,
        **given(new, spent_on=spent_on),
        spent_at=_noon(spent_on, zone),
        campaign_id=campaign.id,
        source=campaign.source,
        owner_id=campaign.owner_id,
        team=campaign.team,
        region=campaign.region,
    )


async def correct_cost(tx: Tx, cost_id: UUID, patch: CorrectCost) -> CampaignCost:
    """Say what a cost really was."""
    campaign = await _campaign_of(tx, cost_id)
    cost = await tx.take(CampaignCost, cost_id)
    values: dict[str, Any] = given(patch)
    demand_currency(campaign.currency, values.get("currency", campaign.currency))
    _charge(tx, campaign, values.get("amount", cost.amount) - cost.amount)
    if "spent_on" in values:
        values["spent_at"] = _noon(patch.spent_on, (await tenant(tx)).zone)
    return tx.update(cost, CampaignCostCorrected, **values)


async def delete_cost(tx: Tx, cost_id: UUID) -> CampaignCost:
    """Take a cost away that was none of the campaign's."""
    campaign = await _campaign_of(tx, cost_id)
    cost = await tx.take(CampaignCost, cost_id)
    _charge(tx, campaign, -cost.amount)
    return tx.delete(cost, CampaignCostDeleted)


async def _expect_above(
    tx: Tx, level: PlanLevel, parent_id: UUID | None, campaign_id: UUID | None = None
) -> None:
    """NotFound without such a parent, Invalid or Conflict where nothing like it goes below it.

    Everything above is guarded: two changes at once could close a circle that neither sees.
    """
    parent = None if parent_id is None else await tx.get(Campaign, parent_id)
    demand_placed(level, None if parent is None else parent.plan_level)
    if parent is None:
        return
    ancestors = await tx.above(Campaign, parent.id, "parent_id")
    height = 1
    if campaign_id is not None:
        demand_no_cycle(campaign_id, [ancestor.id for ancestor in ancestors])
        height = await find_height(tx, campaign_id)
    demand_shallow(len(ancestors), height)
    for ancestor in ancestors:
        tx.expect(ancestor)


def _after(tx: Tx, before: datetime | None) -> datetime:
    """When it happened, which is not before the step that led to it."""
    if before is not None:
        tx.follow(before)
    demand_order(before, tx.occurred_at)
    return tx.occurred_at


def _charge(tx: Tx, campaign: Campaign, difference: Decimal) -> None:
    spent = campaign.spent + difference
    demand_sum(spent)
    tx.update(campaign, CampaignCharged, spent=spent)
    tx.expect(campaign)


async def _campaign_of(tx: Tx, cost_id: UUID) -> Campaign:
    """The campaign's row is read before that of its cost, so that all writers lock in one order."""
    cost = await tx.find(CampaignCost, id=cost_id)
    campaign = await tx.find(Campaign, id=cost.campaign_id) if cost else None
    if campaign is None:
        raise NotFound("no such campaign_cost", code="campaign_cost.not_found")
    return campaign


def _noon(day: date, zone: ZoneInfo) -> datetime:
    """No change of the tenant's zone by less than twelve hours moves it to another day."""
    return datetime.combine(day, _NOON, zone).astimezone(UTC)
