"""Every list of due diligence."""

from crmkit.db.listing import Listing
from services.leads.due_diligence.models import DueDiligence

DUE_DILIGENCE = Listing(
    DueDiligence,
    filters=(
        "account_id",
        "status",
        "outcome",
        "due_on",
        "valid_until",
        "requested_at",
        "completed_at",
        "owner_id",
        "team",
        "updated_at",
    ),
    sorts=("requested_at", "valid_until", "updated_at"),
    default="-requested_at",
    search=("reason", "document"),
)
