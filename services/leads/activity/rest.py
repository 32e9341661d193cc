"""REST of activities."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.components.views.rest import views_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.activity import commands
from services.leads.activity.domain import (
    ActivityKind,
    ActivityOutcome,
    ActivityStatus,
    CallDirection,
    MessageChannel,
    Objection,
    Sentiment,
)
from services.leads.activity.models import Activity
from services.leads.activity.queries import (
    ACTIVITIES,
    ACTIVITY_FIELD_LIST,
    ACTIVITY_JOBS,
    ACTIVITY_VIEWS,
)
from services.leads.activity.schemas import (
    ActivityLog,
    ActivityPlan,
    ActivityRead,
    ActivityUpdate,
    CheckIn,
    CompleteActivity,
)
from services.leads.view.commands import VIEWS

router = APIRouter(prefix="/v1/activities", tags=["activities"])
enums(
    router,
    {
        "kind": ActivityKind,
        "status": ActivityStatus,
        "direction": CallDirection,
        "channel": MessageChannel,
        "outcome_code": ActivityOutcome,
        "objection": Objection,
        "sentiment": Sentiment,
    },
)
custom_fields(router, commands.FIELDS, ACTIVITY_FIELD_LIST)
jobs_of(router, commands.JOBS, ACTIVITY_JOBS)
views_of(router, VIEWS, ACTIVITY_VIEWS)


@router.post("", status_code=201, response_model=ActivityRead)
async def plan_activity(new: ActivityPlan, edge: Edge) -> Response:
    return edge.created(ActivityRead, await edge.write(commands.plan_activity, new))


@router.post("/log", status_code=201, response_model=ActivityRead)
async def log_activity(new: ActivityLog, edge: Edge) -> Response:
    answer = edge.created(ActivityRead, await edge.write(commands.log_activity, new))
    answer.headers["location"] = answer.headers["location"].replace("/log/", "/")
    return answer


@router.get("", response_model=Page[ActivityRead], openapi_extra=ACTIVITIES.openapi())
async def list_activities(edge: Edge) -> Response:
    found = await ACTIVITIES.find(edge.reading, edge.listing(ACTIVITIES))
    return edge.page(ActivityRead, Activity, found)


@router.get("/{activity_id}", response_model=ActivityRead)
async def get_activity(activity_id: UUID, edge: Edge) -> Response:
    return edge.shown(ActivityRead, await edge.get(Activity, activity_id))


@router.patch("/{activity_id}", response_model=ActivityRead)
async def update_activity(activity_id: UUID, patch: ActivityUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_activity, activity_id, patch)
    return edge.changed(ActivityRead, changed)


@router.post("/{activity_id}/check-in", response_model=ActivityRead)
async def check_in_activity(activity_id: UUID, arrived: CheckIn, edge: Edge) -> Response:
    changed = await edge.write(commands.check_in_activity, activity_id, arrived)
    return edge.changed(ActivityRead, changed)


@router.post("/{activity_id}/complete", response_model=ActivityRead)
async def complete_activity(activity_id: UUID, done: CompleteActivity, edge: Edge) -> Response:
    changed = await edge.write(commands.complete_activity, activity_id, done)
    return edge.changed(ActivityRead, changed)


@router.post("/{activity_id}/cancel", response_model=ActivityRead)
async def cancel_activity(activity_id: UUID, edge: Edge) -> Response:
    return edge.changed(ActivityRead, await edge.write(commands.cancel_activity, activity_id))


history(router, Activity)
batch(router, ActivityRead, create=(commands.log_activity, ActivityLog))
