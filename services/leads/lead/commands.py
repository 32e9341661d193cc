"""Every change of a lead."""

from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.directory import Owner, owner
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads import (
    LeadConverted,
    LeadCreated,
    LeadDeleted,
    LeadDisqualified,
    LeadFieldCreated,
    LeadFieldDeleted,
    LeadFieldUpdated,
    LeadJobEnded,
    LeadJobProgressed,
    LeadJobRequested,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadUpdated,
    LeadWorked,
)
from crmkit.fields import given
from crmkit.kernel import ids
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.schemas import AccountCreate
from services.leads.campaign.models import Campaign
from services.leads.lead.domain import (
    LIFECYCLE,
    LeadStatus,
    demand_editable,
    demand_given_up,
    demand_order,
)
from services.leads.lead.models import Lead, LeadField, LeadJob, LeadJobPart
from services.leads.lead.queries import LEAD_FIELDS, LEADS
from services.leads.lead.schemas import (
    CALLED,
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)
from services.leads.partner.commands import expect_channel_partner
from services.leads.source.commands import expect_source

FIELDS = FieldCommands(
    LeadField,
    created=LeadFieldCreated,
    updated=LeadFieldUpdated,
    deleted=LeadFieldDeleted,
)


async def create_lead(tx: Tx, new: LeadCreate, whose: Owner | None = None) -> Lead:
    """Take a lead in, for its owner or the caller; `whose` where that was decided before."""
    await expect_channel_partner(tx, new.channel_partner_id)
    who = whose or await owner(tx, new.owner_id)
    await expect_source(tx, new.source)
    await _expect_origin(tx, new.campaign_id, new.referrer_id)
    return tx.create(
        Lead,
        LeadCreated,
        **given(
            new,
            owner_id=who.owner_id,
            region=new.region or who.region,
            custom=await LEAD_FIELDS.written(tx, new.custom),
        ),
        team=who.team,
        status=LeadStatus.NEW,
        received_at=tx.occurred_at,
    )


async def update_lead(tx: Tx, lead_id: UUID, patch: LeadUpdate) -> Lead:
    """Change facts of a lead that is not converted; a new owner brings their team."""
    lead = await tx.take(Lead, lead_id)
    await expect_channel_partner(tx, patch.channel_partner_id)
    values: dict[str, Any] = given(patch)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    if "source" in values and patch.source != lead.source:
        await expect_source(tx, patch.source)
    await _expect_origin(tx, patch.campaign_id, patch.referrer_id)
    if "custom" in values:
        values["custom"] = await LEAD_FIELDS.written(tx, patch.custom, lead.custom)
    changed = tx.update(lead, LeadUpdated, **values)
    if changed is not lead:
        demand_editable(lead.status)
    return changed


async def work_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Begin to work on a new lead."""
    lead = await tx.take(Lead, lead_id)
    demand_given_up(lead.status, reopens=False)
    return tx.update(lead, LeadWorked, status=LIFECYCLE.move(lead.status, LeadStatus.WORKING))


async def qualify_lead(tx: Tx, lead_id: UUID, found: QualifyLead) -> Lead:
    """Confirm need, intent and budget."""
    lead = await tx.take(Lead, lead_id)
    status = LIFECYCLE.move(lead.status, LeadStatus.QUALIFIED)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    return tx.update(
        lead, LeadQualified, status=status, qualified_at=tx.occurred_at, **given(found)
    )


async def disqualify_lead(tx: Tx, lead_id: UUID, why: DisqualifyLead) -> Lead:
    """Give a lead up, with the reason."""
    lead = await tx.take(Lead, lead_id)
    status = LIFECYCLE.move(lead.status, LeadStatus.DISQUALIFIED)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    return tx.update(
        lead,
        LeadDisqualified,
        status=status,
        disqualified_at=tx.occurred_at,
        disqualified_reason=why.reason,
    )


async def reopen_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Work on a lead again that was given up; it is not qualified any more."""
    lead = await tx.take(Lead, lead_id)
    demand_given_up(lead.status, reopens=True)
    return tx.update(
        lead,
        LeadReopened,
        status=LIFECYCLE.move(lead.status, LeadStatus.WORKING),
        qualified_at=None,
        disqualified_at=None,
        disqualified_reason="",
    )


async def convert_lead(tx: Tx, lead_id: UUID, deal: ConvertLead) -> Lead:
    """Hand a qualified lead over to opportunities, once.

    The account is the one named, or a new one; the opportunity opens under the id that the answer
    carries as soon as opportunities hears of it.
    """
    lead = await tx.take(Lead, lead_id, "convert")
    status = LIFECYCLE.move(lead.status, LeadStatus.CONVERTED)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    account = await accounts.account_for(
        tx, deal.account_id, AccountCreate(name=lead.company, owner_id=lead.owner_id)
    )
    return tx.update(
        lead,
        LeadConverted,
        status=status,
        converted_at=tx.occurred_at,
        account_id=account.id,
        opportunity_id=ids.new(),
        opportunity_name=deal.opportunity_name or lead.company,
    )


async def delete_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Put a lead away."""
    return tx.delete(await tx.take(Lead, lead_id), LeadDeleted)


async def restore_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Bring a deleted lead back within 30 days."""
    return tx.restore(await tx.take_deleted(Lead, lead_id), LeadRestored)


async def _expect_origin(tx: Tx, campaign_id: UUID | None, referrer_id: UUID | None) -> None:
    """NotFound where the campaign or the account that referred them is not there for the caller."""
    if campaign_id is not None:
        await tx.get(Campaign, campaign_id)
    if referrer_id is not None:
        tx.expect(await tx.get(Account, referrer_id))


JOBS = Jobs(
    JobCommands(
        LeadJob,
        Lead,
        requested=LeadJobRequested,
        progressed=LeadJobProgressed,
        ended=LeadJobEnded,
    ),
    LeadJobPart,
    LeadRead,
    LEADS,
    LEAD_FIELDS,
    Bulk((create_lead, LeadCreate), (update_lead, LeadUpdate), {}),
    delete_lead,
    CALLED,
)
