"""Every list of leads."""

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.jobs.commands import job_listing
from crmkit.db.listing import Listing
from services.leads.lead.models import Lead, LeadField, LeadJob

LEAD_FIELDS = CustomFields(LeadField)
LEAD_FIELD_LIST = field_listing(LeadField)
LEAD_JOBS = job_listing(LeadJob)
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
        "channel_partner_id",
        "campaign_id",
        "referrer_id",
        "ownership_protected_until",
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
    custom=LEAD_FIELDS,
)
