"""Leads become one, and several again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.db.executor import locking
from crmkit.db.writing import Tx
from crmkit.events.leads import ActivityUpdated
from crmkit.events.leads_lifecycle import LeadAbsorbed, LeadMerged, LeadReleased, LeadUnmerged
from services.leads.activity.models import Activity
from services.leads.lead.commands import UNGUARDED, keys_changed
from services.leads.lead.domain import LeadStatus, demand_editable
from services.leads.lead.models import Lead
from services.leads.merging.domain import (
    demand_movable,
    demand_sources,
    demand_undoable,
    given_back,
    merged_values,
)
from services.leads.merging.queries import list_absorbed, list_activities, list_moved, list_told
from services.leads.merging.schemas import MergeLeads


@locking
async def merge_leads(tx: Tx, lead_id: UUID, wanted: MergeLeads) -> Lead:
    """Have leads go into this one, with all that was done about them; the caller writes each.

    Conflict `lead.closed` or `lead.merged` where one of them has gone elsewhere already. A call
    that is logged meanwhile waits for the merge, and is told of it.
    """
    choices = {choice.field: choice.lead_id for choice in wanted.field_choices}
    demand_sources(lead_id, wanted.source_ids, [*choices.values()])
    target = await _take(tx, lead_id)
    sources = [await _take(tx, source_id) for source_id in wanted.source_ids]
    activities = await list_activities(tx, wanted.source_ids)
    demand_movable(len(activities))
    values = merged_values(target, sources, choices)
    values["merged_from"] = [str(source.id) for source in sources]
    merged = tx.update(target, LeadMerged, **values, **keys_changed(target, values))
    for source in sources:
        own = [activity for activity in activities if activity.lead_id == source.id]
        _absorb(tx, source, merged, own)
    if wanted.dry_run:
        tx.forget()
    return merged


async def unmerge_leads(tx: Tx, lead_id: UUID) -> Lead:
    """Undo what went into this lead last, within 30 days: fields that nobody has changed since
    are what they were, sources and their activities stand for themselves again."""
    target = await _take(tx, lead_id)
    sources = await list_absorbed(tx, lead_id)
    demand_undoable(sources[0].merged_at if sources else None, tx.now)
    events = [(lead_id, sources[0].merge_version or 0)]
    events += [(source.id, source.version) for source in sources]
    told = await list_told(tx, Lead, events)
    own = told.pop(lead_id)
    values = given_back(own.before, own.after, target.__dict__)
    for source in sources:
        tx.policy.check(tx.actor, "lead", "write", source)
        await _release(tx, source, lead_id, told[source.id].before["status"])
    return tx.update(target, LeadUnmerged, **values, **keys_changed(target, values))


async def _take(tx: Tx, lead_id: UUID) -> Lead:
    lead = await tx.take(Lead, lead_id)
    demand_editable(lead.status, lead.merged_into)
    return lead


def _absorb(tx: Tx, source: Lead, merged: Lead, activities: Sequence[Activity]) -> None:
    for activity in activities:
        tx.update(activity, ActivityUpdated, lead_id=merged.id)
    tx.update(
        source,
        LeadAbsorbed,
        status=LeadStatus.MERGED,
        merged_into=merged.id,
        merged_at=tx.now,
        merge_version=merged.version,
        moved_activities=[str(activity.id) for activity in activities],
        **UNGUARDED,
    )


async def _release(tx: Tx, source: Lead, target: UUID, status: Any) -> None:
    for activity in await list_moved(tx, target, source.moved_activities):
        tx.update(activity, ActivityUpdated, lead_id=source.id)
    tx.update(
        source,
        LeadReleased,
        status=status,
        merged_into=None,
        merged_at=None,
        merge_version=None,
        moved_activities=[],
    )
