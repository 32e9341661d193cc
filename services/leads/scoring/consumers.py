"""What the room does about what happens to leads: their score follows at once."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.leads import (
    ActivityCompleted,
    LeadCreated,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadUpdated,
)
from crmkit.events.leads_lifecycle import LeadMerged, LeadReleased, LeadUnmerged
from crmkit.messaging.handlers import consumes
from services.leads.lead.models import Lead
from services.leads.scoring.commands import score_lead
from services.leads.scoring.queries import find_scorer


@consumes(LeadCreated)
async def score_created(tx: Tx, event: LeadCreated) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadUpdated)
async def score_updated(tx: Tx, event: LeadUpdated) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadQualified)
async def score_qualified(tx: Tx, event: LeadQualified) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadReopened)
async def score_reopened(tx: Tx, event: LeadReopened) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadRestored)
async def score_restored(tx: Tx, event: LeadRestored) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadMerged)
async def score_merged(tx: Tx, event: LeadMerged) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadUnmerged)
async def score_unmerged(tx: Tx, event: LeadUnmerged) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(LeadReleased)
async def score_released(tx: Tx, event: LeadReleased) -> Lead | None:
    return await _scored(tx, event.aggregate_id)


@consumes(ActivityCompleted)
async def score_after_activity(tx: Tx, event: ActivityCompleted) -> Lead | None:
    """What was done about a lead counts from then on."""
    return None if event.state.lead_id is None else await _scored(tx, event.state.lead_id)


async def _scored(tx: Tx, lead_id: UUID) -> Lead | None:
    """Most tenants score nothing, and then nothing is read of the lead."""
    return None if (await find_scorer(tx)).idle else await score_lead(tx, lead_id)
