"""Every list of leads, who may be one customer, and the rows that schedules look for."""

from typing import Any
from uuid import UUID

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.jobs.commands import job_listing
from crmkit.components.search import Search
from crmkit.components.views.saved import Viewed
from crmkit.db.leaping import due_rows
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.statements import by_columns
from crmkit.kernel.access import covers
from crmkit.kernel.errors import Invalid
from services.leads.lead.models import UNANSWERED, DealCopy, Lead, LeadField, LeadJob
from services.leads.lead.schemas import LeadRead
from services.leads.matching.domain import keys_of
from services.leads.matching.queries import list_matches, list_matches_then
from services.leads.segment.queries import RULES
from services.leads.view.queries import VIEWS

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
        "kind",
        "desire",
        "ability",
        "authority",
        "eligibility",
        "duplicate_of",
        "merged_into",
        "first_response_due_at",
        "first_responded_at",
        "response_overdue_at",
        "score",
        "grade",
        "scored_at",
    ),
    sorts=("received_at", "updated_at", "company", "score"),
    default="-received_at",
    search=("company", "contact_name", "email", "phone"),
    columns=(*LeadRead.model_fields, "currency"),
    searching=Search(phones=("phone",), placed_at="received_at", named="company"),
    custom=LEAD_FIELDS,
    views=VIEWS,
    segments=RULES,
)
LEAD_VIEWS = Viewed(LEADS, LeadRead)

OVERDUE = due_rows("lead", UNANSWERED, "t.first_response_due_at < $1", "t.first_response_due_at")
"""Leads that nobody answered in time."""

UNKEYED = due_rows(
    "lead", "t.company_key is null", columns=("id", "version", "company", "phone", "email")
)
PUT_KEYS = """
update lead t set phone_key = w.phone, email_key = w.email, company_key = w.company,
  company_tail = w.tail
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
  w (tenant_id, id, version, phone, email, company, tail)
where t.tenant_id = w.tenant_id and t.id = w.id and t.version = w.version
"""
"""Of leads from before there were keys, or whose keys were taken away since the rules changed."""

_MERGED_IN = f"""
with recursive gone (id) as (
  select id from lead where tenant_id = $1 and merged_into = $2
  union
  select l.id from lead l join gone on l.merged_into = gone.id where l.tenant_id = $1
)
{plan(Lead).select} where tenant_id = $1 and id in (select id from gone)
"""


async def find_known(reading: Reading, system: str, external_id: str) -> Lead | None:
    """The lead of that id in another system, whoever owns it, be it deleted or not."""
    sql = by_columns(Lead, ("external_system", "external_id"), deleted=True)
    found = await reading.fetch(sql, reading.tenant_id, system, external_id)
    return row(Lead, found[0]) if found else None


async def list_duplicates(reading: Reading, lead_id: UUID) -> list[dict[str, Any]]:
    """Which leads may be the same customer as this one, the best match first."""
    lead = await reading.get(Lead, lead_id)
    if reading.as_of is not None:
        return await list_matches_then(reading, reading.as_of, lead, Lead)
    keys = keys_of(lead.company, lead.phone, lead.email)
    (found,) = await list_matches(reading, [keys], lead.id)
    return found


async def list_merged_in(reading: Reading, lead: Lead) -> list[Lead]:
    """The leads that went into this one, or into one of them, be they deleted or not."""
    if not lead.merged_from:
        return []
    found = await reading.fetch(_MERGED_IN, reading.tenant_id, lead.id)
    return [row(Lead, record) for record in found]


async def get_deal(reading: Reading, opportunity_id: UUID) -> DealCopy:
    """A deal that is there already, as far as it was heard of; Invalid `opportunity.unknown` where
    it is not, or is not one of those whose leads the caller may convert."""
    deal = await reading.find(DealCopy, id=opportunity_id)
    scope = reading.policy.scope(reading.actor, "lead", "convert")
    if deal is None or not covers(scope, reading.actor, deal):
        raise Invalid.field("opportunity_id", "opportunity.unknown", "you see no such deal")
    return deal
