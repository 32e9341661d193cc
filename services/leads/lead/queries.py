"""Every list of leads."""

from crmkit.db.listing import Listing
from services.leads.lead.models import Lead

LEADS = Listing(
    Lead,
    filters=(
        "status",
        "intent",
        "source",
        "owner_id",
        "team",
        "region",
        "account_id",
        "opportunity_id",
        "email",
        "budget",
        "received_at",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("received_at", "updated_at", "company"),
    default="-received_at",
    search=("company", "contact_name"),
)
