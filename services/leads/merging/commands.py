"""Leads become one, and several again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from crmkit.db.executor import locking
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.events.leads import ActivityCancelled, ActivityUpdated
from crmkit.events.leads_lifecycle import LeadAbsorbed, LeadMerged, LeadReleased, LeadUnmerged
from crmkit.events.leads_plans import FollowUpMoved, FollowUpStopped
from crmkit.events.leads_questionnaires import VisitorSurveyMoved
from crmkit.events.leads_reception import EnquiryUpdated, VisitUpdated
from services.leads.activity.domain import ActivityStatus
from services.leads.activity.models import Activity
from services.leads.followup.domain import FollowUpStatus, FollowUpStopReason
from services.leads.followup.models import FollowUpPlan
from services.leads.lead.domain import LeadStatus, demand_editable
from services.leads.lead.models import Lead
from services.leads.matching.domain import UNGUARDED, keys_changed
from services.leads.merging.domain import (
    demand_movable,
    demand_sources,
    demand_undoable,
    gained,
    given_back,
    merged_values,
    second_runs,
)
from services.leads.merging.queries import (
    list_about,
    list_absorbed,
    list_absorptions,
    list_moved,
    list_steps,
    list_stopped,
    list_told,
)
from services.leads.merging.schemas import MergeLeads
from services.leads.pool.commands import clocks, count_gained
from services.leads.pool.queries import get_ruling
from services.leads.questionnaire.models import VisitorSurvey
from services.leads.reception.models import Enquiry, Visit


class _Move(NamedTuple):
    """Records that go with their lead, and the event that tells of it."""

    cls: type[Record]
    event: type[Event[Any]]


_ALL = (
    _Move(Activity, ActivityUpdated),
    _Move(Enquiry, EnquiryUpdated),
    _Move(FollowUpPlan, FollowUpMoved),
    _Move(Visit, VisitUpdated),
    _Move(VisitorSurvey, VisitorSurveyMoved),
)
MOVES: Mapping[type[Record], type[Event[Any]]] = {each.cls: each.event for each in _ALL}
"""What goes with a lead into another one and back, by which event."""


@locking
async def merge_leads(tx: Tx, lead_id: UUID, wanted: MergeLeads) -> Lead:
    """Have leads go into this one, with all that is about them; the caller writes each.

    Conflict `lead.closed` or `lead.merged` where one of them has gone elsewhere already, and
    `pool.holding_cap` where somebody would hold more of a pool than they may. A call
    that is logged meanwhile waits for the merge, and is told of it. Follow-ups by a template that
    then runs twice are stopped but for one, until the merge is undone.
    """
    choices = {choice.field: choice.lead_id for choice in wanted.field_choices}
    demand_sources(lead_id, wanted.source_ids, [*choices.values()])
    target = await _take(tx, lead_id)
    sources = [await _take(tx, source_id) for source_id in wanted.source_ids]
    records = [each for cls in MOVES for each in await list_about(tx, cls, wanted.source_ids)]
    demand_movable(len(records))
    stopped = await _second_runs(tx, lead_id, records)
    values = merged_values(target, sources, choices)
    await _count(tx, [target, *sources], [vars(target) | values])
    values["merged_from"] = [str(source.id) for source in sources]
    merged = tx.update(target, LeadMerged, **values, **keys_changed(target, values))
    for source in sources:
        own = [each for each in records if vars(each)["lead_id"] == source.id]
        for each in own:
            _move(tx, each, lead_id, stopped)
        _absorb(tx, source, merged, own)
    if wanted.dry_run:
        tx.forget()
    return merged


async def unmerge_leads(tx: Tx, lead_id: UUID) -> Lead:
    """Undo what went into this lead last, within 30 days: fields that nobody has changed since
    are what they were, sources and what is about them stand for themselves again.

    A follow-up that the merge stopped goes on where it was, with what was cancelled of it; the
    steps of one that ran on come back with it.
    """
    target = await _take(tx, lead_id)
    sources = await list_absorbed(tx, lead_id)
    demand_undoable(sources[0].merged_at if sources else None, tx.now)
    events = [(lead_id, sources[0].merge_version or 0)]
    events += await list_absorptions(tx, sources)
    told = await list_told(tx, Lead, events)
    own = told.pop(lead_id)
    values = given_back(own.before, own.after, target.__dict__)
    if "recycle_at" in values:
        values |= await _protected(tx, vars(target) | values)
    apart = [vars(each) | {"status": told[each.id].before["status"]} for each in sources]
    await _count(tx, [target], [vars(target) | values, *apart])
    for source in sources:
        tx.policy.check(tx.actor, "lead", "write", source)
        await _release(tx, source, lead_id, told[source.id].before["status"])
    return tx.update(target, LeadUnmerged, **values, **keys_changed(target, values))


async def _count(tx: Tx, before: Sequence[Lead], after: Sequence[Mapping[str, Any]]) -> None:
    """Whoever holds more leads of a pool by it is counted as by any other way."""
    for (pool_id, member_id), more in gained(map(vars, before), after).items():
        await count_gained(tx, pool_id, member_id, more)


async def _take(tx: Tx, lead_id: UUID) -> Lead:
    lead = await tx.take(Lead, lead_id)
    demand_editable(lead.status, lead.merged_into)
    return lead


async def _second_runs(tx: Tx, lead_id: UUID, records: Sequence[Record]) -> set[UUID]:
    plans = await list_about(tx, FollowUpPlan, [lead_id])
    plans += [each for each in records if isinstance(each, FollowUpPlan)]
    return second_runs([each for each in plans if each.status is FollowUpStatus.RUNNING])


def _move(tx: Tx, record: Record, lead_id: UUID, stopped: Collection[UUID | None]) -> None:
    if isinstance(record, FollowUpPlan) and record.id in stopped:
        tx.update(
            record,
            FollowUpStopped,
            lead_id=lead_id,
            status=FollowUpStatus.STOPPED,
            next_at=None,
            ended_at=tx.occurred_at,
            stop_reason=FollowUpStopReason.LEAD_CLOSED,
        )
    elif _is_step_of(record, stopped):
        tx.update(record, ActivityCancelled, lead_id=lead_id, status=ActivityStatus.CANCELLED)
    else:
        tx.update(record, MOVES[type(record)], lead_id=lead_id)


def _is_step_of(record: Record, stopped: Collection[UUID | None]) -> bool:
    return (
        isinstance(record, Activity)
        and record.status is ActivityStatus.PLANNED
        and record.follow_up_plan_id in stopped
    )


def _absorb(tx: Tx, source: Lead, merged: Lead, moved: Sequence[Record]) -> None:
    activities = [str(each.id) for each in moved if isinstance(each, Activity)]
    tx.update(
        source,
        LeadAbsorbed,
        status=LeadStatus.MERGED,
        merged_into=merged.id,
        merged_at=tx.now,
        merge_version=merged.version,
        moved_activities=activities,
        moved_records=[str(each.id) for each in moved if not isinstance(each, Activity)],
        **UNGUARDED,
    )


async def _release(tx: Tx, source: Lead, target: UUID, status: Any) -> None:
    moved = [*source.moved_activities, *source.moved_records]
    back: list[Record] = [
        each for cls in MOVES for each in await list_moved(tx, cls, target, moved)
    ]
    plans = [each.id for each in back if isinstance(each, FollowUpPlan)]
    known = {each.id for each in back}
    back += [each for each in await list_steps(tx, target, plans) if each.id not in known]
    undone = await list_stopped(tx, [each for each in back if _may_go_on(each)])
    for each in back:
        values = {"lead_id": source.id} | undone.get(each.id, {})
        tx.update(each, MOVES[type(each)], **values)
    tx.update(
        source,
        LeadReleased,
        **await _protected(tx, vars(source)),
        status=status,
        merged_into=None,
        merged_at=None,
        merge_version=None,
        moved_activities=[],
        moved_records=[],
    )


def _may_go_on(record: Record) -> bool:
    """Whether a merge may have stopped it."""
    if isinstance(record, FollowUpPlan):
        return record.stop_reason is FollowUpStopReason.LEAD_CLOSED
    return isinstance(record, Activity) and record.status is ActivityStatus.CANCELLED


async def _protected(tx: Tx, lead: Mapping[str, Any]) -> dict[str, Any]:
    """The clocks of a claimed lead that stands for itself again, anew where they ran out while
    nobody could do anything about it."""
    if lead["pool_id"] is None or lead["recycle_at"] is None or lead["recycle_at"] > tx.now:
        return {}
    return clocks(tx, await get_ruling(tx, lead["pool_id"]))
