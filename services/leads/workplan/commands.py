"""Every change of a plan."""

from datetime import timedelta

from crmkit.components.directory import owner, tenant
from crmkit.db.writing import Tx
from crmkit.events.leads_plans import WorkPlanRevised, WorkPlanSubmitted
from services.leads.workplan.domain import due_of, plan_period
from services.leads.workplan.models import WorkPlan
from services.leads.workplan.queries import count_planned
from services.leads.workplan.schemas import SubmitPlan


async def submit_work_plan(tx: Tx, new: SubmitPlan) -> WorkPlan:
    """Hand in the caller's plan; handed in again, it is revised, and as late as it was first."""
    period, me = plan_period(new.period), tx.actor.member_id
    planned = await count_planned(tx, period)
    earlier = await tx.find(WorkPlan, period=period.label, owner_id=me)
    if earlier is not None:
        mine = await tx.take(WorkPlan, earlier.id)
        return tx.update(mine, WorkPlanRevised, note=new.note, planned=planned)
    due_at = due_of(period, (await tenant(tx)).zone)
    who = await owner(tx, me)
    return tx.create(
        WorkPlan,
        WorkPlanSubmitted,
        period=period.label,
        starts_on=period.start,
        ends_on=period.end - timedelta(1),
        owner_id=me,
        team=who.team,
        region=who.region,
        due_at=due_at,
        submitted_at=tx.occurred_at,
        on_time=tx.occurred_at <= due_at,
        planned=planned,
        note=new.note,
    )
