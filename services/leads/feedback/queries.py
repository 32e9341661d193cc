"""Every list of feedback."""

from crmkit.components.dated import DatedListing
from crmkit.components.jobs.commands import job_listing
from services.leads.feedback.models import Feedback, FeedbackJob

FEEDBACK_JOBS = job_listing(FeedbackJob)
FEEDBACK = DatedListing(
    Feedback,
    filters=(
        "kind",
        "effect",
        "cost",
        "status",
        "step",
        "lead_id",
        "campaign_id",
        "unnamed",
        "sender_id",
        "owner_id",
        "assignee_id",
        "due_on",
        "team",
        "region",
        "received_at",
        "decided_at",
        "done_at",
        "updated_at",
    ),
    sorts=("received_at", "updated_at"),
    default="-received_at",
    search=("details", "step"),
    periods={"received_in": "received_at", "done_in": "done_at"},
)
