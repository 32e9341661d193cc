"""Every list of activities."""

from crmkit.db.listing import Listing
from services.leads.activity.models import Activity

ACTIVITIES = Listing(
    Activity,
    filters=(
        "kind",
        "status",
        "lead_id",
        "account_id",
        "opportunity_id",
        "owner_id",
        "team",
        "region",
        "due_at",
        "done_at",
        "updated_at",
    ),
    sorts=("updated_at", "due_at", "done_at"),
    default="-updated_at",
    search=("subject",),
)
