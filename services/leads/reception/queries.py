"""Every list of visits and questions, and who it is that came or called."""

from crmkit.components.jobs.commands import job_listing
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.lead.models import Lead
from services.leads.matching.domain import phone_key
from services.leads.reception.domain import visitor_key
from services.leads.reception.models import Enquiry, Visit, VisitJob

VISIT_JOBS = job_listing(VisitJob)
VISITS = Listing(
    Visit,
    filters=(
        "site",
        "source",
        "campaign_id",
        "phone",
        "lead_id",
        "lead_owner_id",
        "is_first",
        "owner_id",
        "team",
        "region",
        "budget",
        "companions",
        "visited_at",
        "ownership_protected_until",
        "updated_at",
    ),
    sorts=("visited_at", "updated_at"),
    default="-visited_at",
    search=("name", "company"),
)
ENQUIRIES = Listing(
    Enquiry,
    filters=(
        "status",
        "source",
        "campaign_id",
        "phone",
        "lead_id",
        "owner_id",
        "team",
        "region",
        "received_at",
        "answer_by",
        "answered_at",
        "kept_at",
        "updated_at",
    ),
    sorts=("received_at", "answer_by", "updated_at"),
    default="-received_at",
    search=("name", "question"),
)
_LEAD = """
where tenant_id = $1 and phone_key = $2 and deleted_at is null
order by merged_into is not null, received_at, id limit 1
"""


async def find_first(reading: Reading, phone: str) -> Visit | None:
    """The first visit of somebody of that number, whoever received them."""
    return await reading.find(Visit, first_phone=visitor_key(phone))


async def find_lead(reading: Reading, phone: str) -> Lead | None:
    """The oldest lead of that number, whoever owns it: that of the register, else one that has the
    number, however it is written there; where it went into another lead, that one."""
    first = await find_first(reading, phone)
    lead = await reading.find(Lead, id=first.lead_id) if first else None
    lead = await _standing(reading, lead)
    if lead is not None:
        return lead
    sql = plan(Lead).select + _LEAD
    found = await reading.fetch(sql, reading.tenant_id, phone_key(phone), of=(Lead,))
    return await _standing(reading, row(Lead, found[0])) if found else None


async def _standing(reading: Reading, lead: Lead | None) -> Lead | None:
    """The lead that one went into, by however many merges; itself where it did not."""
    while lead is not None and lead.merged_into is not None:
        lead = await reading.find(Lead, id=lead.merged_into)
    return lead
