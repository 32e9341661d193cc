"""回收客户登记本 how what somebody has goes to others, some records at a time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.components.jobs.models import Job, JobState
from crmkit.db.executor import locking
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.leads import LeadUpdated
from crmkit.events.leads_offboarding import (
    OffboardingDrawnUp,
    OffboardingEnded,
    OffboardingProgressed,
    OffboardingStarted,
)
from crmkit.events.leads_plans import FollowUpHandedOver
from crmkit.events.leads_pool import PoolMemberUpdated
from crmkit.fields import Patch
from crmkit.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from services.leads.account import commands as accounts
from services.leads.account.schemas import AccountUpdate
from services.leads.activity import commands as activities
from services.leads.activity.schemas import ActivityUpdate
from services.leads.assignment.commands import assign_lead
from services.leads.campaign.commands import update_campaign
from services.leads.campaign.schemas import CampaignUpdate
from services.leads.claim.commands import put_into_pool
from services.leads.claim.schemas import PutIntoPool
from services.leads.contact import commands as contacts
from services.leads.feedback import commands as feedback
from services.leads.feedback.schemas import ReassignFeedback
from services.leads.followup.commands import hand_over
from services.leads.followup.models import FollowUpPlan
from services.leads.form.commands import update_form
from services.leads.form.schemas import CaptureFormUpdate
from services.leads.inbound.commands import update_inbound_endpoint
from services.leads.inbound.schemas import InboundEndpointUpdate
from services.leads.lead import commands as leads
from services.leads.lead.models import Lead
from services.leads.lead.schemas import LeadUpdate
from services.leads.offboarding.domain import (
    LIFECYCLE,
    MOST_REFUSALS,
    Holding,
    LeadsTo,
    OffboardingState,
    OffboardingTrigger,
    at_once,
    course,
    demand_way,
)
from services.leads.offboarding.models import Offboarding
from services.leads.offboarding.queries import (
    STOCKS,
    Stock,
    count_holdings,
    find_leaver,
    list_some,
)
from services.leads.offboarding.schemas import DrawUpOffboarding, StartOffboarding
from services.leads.partner.commands import update_channel_partner
from services.leads.partner.schemas import ChannelPartnerUpdate
from services.leads.pool.models import Pool
from services.leads.pool.queries import find_seat
from services.leads.reception import commands as receptions
from services.leads.reception.schemas import EnquiryUpdate
from services.leads.site.commands import update_site_checklist
from services.leads.site.schemas import SiteChecklistUpdate

_WITH_FILES = (
    *(leads.JOBS, accounts.JOBS, contacts.JOBS, activities.JOBS),
    *(receptions.JOBS, feedback.JOBS),
)
_ENDED = {each.cls: each.commands.ended for each in _WITH_FILES}
_REFUSED = (Conflict, Forbidden, Invalid, NotFound)
_Move = Callable[[Tx, Offboarding, Any], Awaitable[None]]


class _Lot(NamedTuple):
    """The next records of a stock."""

    kind: Holding
    stock: Stock
    ids: Sequence[UUID]


async def draw_up_offboarding(tx: Tx, new: DrawUpOffboarding) -> Offboarding:
    """Count what somebody has; nothing goes before it is started. Conflict `offboarding.exists`
    where one of theirs is not over."""
    leaver = await find_leaver(tx, new.owner_id)
    if leaver is None:
        raise Invalid.field("owner_id", "owner.unknown", "nobody of that id works or worked here")
    return tx.create(
        Offboarding,
        OffboardingDrawnUp,
        owner_id=leaver.owner_id,
        team=leaver.team,
        trigger=OffboardingTrigger.HAND,
        note=new.note,
        counts=await count_holdings(tx, leaver.owner_id),
    )


async def note_leaver(tx: Tx, offboarding_id: UUID, member_id: UUID, team: str) -> Offboarding:
    """Have somebody look at what a member has who was deactivated; nothing goes by itself."""
    return tx.create(
        Offboarding,
        OffboardingDrawnUp,
        id=offboarding_id,
        owner_id=member_id,
        team=team,
        trigger=OffboardingTrigger.DEACTIVATED,
        counts=await count_holdings(tx, member_id),
    )


async def start_offboarding(tx: Tx, offboarding_id: UUID, way: StartOffboarding) -> Offboarding:
    """Let what somebody has go to others: the worker does it with the rights that the caller has
    now, so what they could not move by hand stays, and is told."""
    job = await tx.take(Offboarding, offboarding_id)
    state = LIFECYCLE.move(job.state, OffboardingState.RUNNING)
    demand_way(way.leads_to, job.owner_id, way.successor_id, way.pool_id)
    if way.successor_id is not None:
        await _expect_successor(tx, way.successor_id)
    if way.pool_id is not None:
        await _expect_pool(tx, way.pool_id)
    counts = await count_holdings(tx, job.owner_id)
    return tx.update(
        job,
        OffboardingStarted,
        **way.model_dump(),
        state=state,
        counts=counts,
        total=sum(counts.get(each.value, 0) for each in course(way.successor_id)),
        started_at=tx.occurred_at,
        asked_by=tx.actor.member_id,
        caller=tx.actor.kind,
        roles=sorted(tx.actor.roles),
        scopes=sorted(tx.actor.scopes),
        caller_team=tx.actor.team,
    )


async def cancel_offboarding(tx: Tx, offboarding_id: UUID) -> Offboarding:
    """Stop where it is; what went stays where it went."""
    job = await tx.take(Offboarding, offboarding_id)
    return await _end(tx, job, OffboardingState.CANCELLED)


@locking
async def carry_on(tx: Tx, offboarding_id: UUID) -> Offboarding:
    """Let the next records go, and write with them how far it is, so that a worker that was killed
    has done both or neither. Records are read with locks, and whose they are is asked again: what
    others moved meanwhile stays where they moved it.
    """
    job = await tx.take(Offboarding, offboarding_id)
    if job.state is not OffboardingState.RUNNING or job.leads_to is None:
        return job
    stocks = [(kind, each) for kind in course(job.successor_id) for each in STOCKS[kind]]
    reached = [stock.place for _, stock in stocks].index(job.position)
    mark = job.mark
    for kind, stock in stocks[reached:]:
        found = await list_some(tx, stock, job.owner_id, mark, at_once(kind, job.leads_to))
        if found:
            return await _move_some(tx, job, _Lot(kind, stock, found))
        mark = None
    return await _end(tx, job, OffboardingState.DONE)


async def _move_some(tx: Tx, job: Offboarding, lot: _Lot) -> Offboarding:
    """All of them, or those before the first that cannot go, or that one's refusal."""
    moved = 0
    for n, record_id in enumerate(lot.ids):
        try:
            moved += await _move(tx, job, lot, record_id)
        except _REFUSED as error:
            tx.forget()
            if n:
                return await _move_some(tx, job, lot._replace(ids=lot.ids[:n]))
            return _refuse(tx, job, lot, error.code)
    values = {"moved": job.moved + moved, "position": lot.stock.place, "mark": lot.ids[-1]}
    return tx.update(job, OffboardingProgressed, **values)


def _refuse(tx: Tx, job: Offboarding, lot: _Lot, code: str) -> Offboarding:
    refusal = {"kind": lot.kind.value, "id": str(lot.ids[0]), "code": code}
    return tx.update(
        job,
        OffboardingProgressed,
        refused=job.refused + 1,
        refusals=[*job.refusals, refusal][:MOST_REFUSALS],
        position=lot.stock.place,
        mark=lot.ids[0],
    )


async def _move(tx: Tx, job: Offboarding, lot: _Lot, record_id: UUID) -> bool:
    """Whether it was still theirs to go."""
    found = await tx.find(lot.stock.cls, id=record_id)
    if found is None or getattr(found, lot.stock.column) != job.owner_id:
        return False
    await _MOVES[lot.kind](tx, job, found)
    return True


async def _end_seat(tx: Tx, _: Offboarding, seat: Record) -> None:
    """Whoever may hand over what somebody has ends this too, whatever pools they keep."""
    tx.update(seat, PoolMemberUpdated, active=False)


async def _cancel_job(tx: Tx, _: Offboarding, job: Job) -> None:
    """What they had begun to take along ends with them."""
    tx.update(job, _ENDED[type(job)], state=JobState.CANCELLED, finished_at=tx.now)


async def _pass_lead(tx: Tx, job: Offboarding, lead: Lead) -> None:
    """The lead, and with it what they meant to do about it."""
    if job.pool_id is not None:
        moved = await put_into_pool(tx, lead.id, PutIntoPool(pool_id=job.pool_id, note=job.note))
    elif job.leads_to is LeadsTo.RULES:
        moved = await assign_lead(tx, lead.id)
    elif job.ignore_caps and lead.pool_id is not None:
        moved = await _pass_beyond_caps(tx, lead, lead.pool_id, job.successor_id)
    else:
        moved = await leads.update_lead(tx, lead.id, LeadUpdate(owner_id=job.successor_id))
    await hand_over(tx, moved, job.owner_id)


async def _pass_beyond_caps(tx: Tx, lead: Lead, pool_id: UUID, member_id: UUID | None) -> Lead:
    """A lead of a pool goes to a member of it, however many they hold."""
    who = await owner(tx, member_id)
    mine = await tx.take(Lead, lead.id)
    if await find_seat(tx, pool_id, who.owner_id) is None:
        raise Invalid.field("owner_id", "pool.not_member", "nobody of that id is in the pool")
    return tx.update(mine, LeadUpdated, owner_id=who.owner_id, team=who.team)


async def _pass_plan(tx: Tx, job: Offboarding, plan: Record) -> None:
    who = await owner(tx, job.successor_id)
    mine = await tx.take(FollowUpPlan, plan.id)
    tx.update(mine, FollowUpHandedOver, owner_id=who.owner_id, team=who.team)


async def _pass_feedback(tx: Tx, job: Offboarding, record: Record) -> None:
    """Who sees to it from now on; whose words it is stays."""
    who = await owner(tx, job.successor_id)
    await feedback.reassign_feedback(tx, record.id, ReassignFeedback(assignee_id=who.owner_id))


def _by(update: Callable[..., Awaitable[Any]], patch: type[Patch]) -> _Move:
    """As they would be handed over by hand, one by one."""

    async def move(tx: Tx, job: Offboarding, record: Record) -> None:
        await update(tx, record.id, patch.model_validate({"owner_id": str(job.successor_id)}))

    return move


async def _end(tx: Tx, job: Offboarding, to: OffboardingState) -> Offboarding:
    state = LIFECYCLE.move(job.state, to)
    remaining = await count_holdings(tx, job.owner_id)
    return tx.update(
        job, OffboardingEnded, state=state, remaining=remaining, finished_at=tx.occurred_at
    )


async def _expect_successor(tx: Tx, member_id: UUID) -> None:
    """Invalid `owner.unknown` where nobody of that id works here."""
    try:
        await owner(tx, member_id)
    except Invalid as unknown:
        told = "nobody of that id works here"
        raise Invalid.field("successor_id", "owner.unknown", told) from unknown


async def _expect_pool(tx: Tx, pool_id: UUID) -> None:
    pool = await tx.find(Pool, id=pool_id)
    if pool is None or not pool.active:
        raise Invalid.field("pool_id", "pool.unknown", "no pool that takes leads in")
    tx.expect(pool)


_MOVES: Mapping[Holding, _Move] = {
    Holding.SEAT: _end_seat,
    Holding.JOB: _cancel_job,
    Holding.LEAD: _pass_lead,
    Holding.POOL_LEAD: _pass_lead,
    Holding.FOLLOW_UP: _pass_plan,
    Holding.ACCOUNT: _by(accounts.update_account, AccountUpdate),
    Holding.ACTIVITY: _by(activities.update_activity, ActivityUpdate),
    Holding.ENQUIRY: _by(receptions.update_enquiry, EnquiryUpdate),
    Holding.CHANNEL_PARTNER: _by(update_channel_partner, ChannelPartnerUpdate),
    Holding.CAMPAIGN: _by(update_campaign, CampaignUpdate),
    Holding.CAPTURE_FORM: _by(update_form, CaptureFormUpdate),
    Holding.INBOUND_ENDPOINT: _by(update_inbound_endpoint, InboundEndpointUpdate),
    Holding.SITE_CHECKLIST: _by(update_site_checklist, SiteChecklistUpdate),
    Holding.FEEDBACK: _pass_feedback,
}
