"""Every list of activities."""

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.dated import DatedListing
from crmkit.components.jobs.commands import job_listing
from crmkit.components.views.saved import Viewed
from services.leads.activity.models import Activity, ActivityField, ActivityJob
from services.leads.activity.schemas import ActivityRead
from services.leads.view.queries import VIEWS

ACTIVITY_FIELDS = CustomFields(ActivityField)
ACTIVITY_FIELD_LIST = field_listing(ActivityField)
ACTIVITY_JOBS = job_listing(ActivityJob)
ACTIVITIES = DatedListing(
    Activity,
    filters=(
        "kind",
        "status",
        "direction",
        "connected",
        "channel",
        "outcome_code",
        "objection",
        "sentiment",
        "duration_minutes",
        "lead_id",
        "account_id",
        "contact_id",
        "opportunity_id",
        "follows_id",
        "follow_up_plan_id",
        "with_customer",
        "owner_id",
        "team",
        "region",
        "due_at",
        "done_at",
        "checked_in_at",
        "updated_at",
    ),
    sorts=("updated_at", "due_at", "done_at"),
    default="-updated_at",
    search=("subject",),
    custom=ACTIVITY_FIELDS,
    views=VIEWS,
    periods={"due_in": "due_at", "done_in": "done_at"},
    flags={
        "overdue": ("due_at", "(status = 'planned' and due_at is not null and due_at < {at})"),
        "late": ("done_at", "coalesce(done_at > due_at, false)"),
    },
)
ACTIVITY_VIEWS = Viewed(ACTIVITIES, ActivityRead)
