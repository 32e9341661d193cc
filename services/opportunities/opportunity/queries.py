"""Every list of opportunities."""

from uuid import UUID

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.jobs.commands import job_listing
from crmkit.components.views.saved import Viewed
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.opportunities.opportunity.models import Opportunity, OpportunityField, OpportunityJob
from services.opportunities.opportunity.schemas import OpportunityRead
from services.opportunities.view.queries import VIEWS

OPPORTUNITY_FIELDS = CustomFields(OpportunityField)
OPPORTUNITY_FIELD_LIST = field_listing(OpportunityField)
OPPORTUNITY_JOBS = job_listing(OpportunityJob)
OPPORTUNITIES = Listing(
    Opportunity,
    filters=(
        "status",
        "stage",
        "owner_id",
        "team",
        "region",
        "account_id",
        "product_id",
        "source",
        "amount",
        "expected_close_on",
        "opened_at",
        "won_at",
        "lost_at",
        "updated_at",
        "lead_id",
        "external_system",
        "external_id",
    ),
    sorts=("opened_at", "updated_at", "expected_close_on", "amount"),
    default="-opened_at",
    search=("name",),
    custom=OPPORTUNITY_FIELDS,
    views=VIEWS,
)
OPPORTUNITY_VIEWS = Viewed(OPPORTUNITIES, OpportunityRead)

_EXISTS = "select exists (select from opportunity where tenant_id = $1 and id = $2) as known"
_IS_EMPTY = """
select exists (select from account_copy where tenant_id = $1 and id = $2 and name = '') as empty
"""


async def is_erased(reading: Reading, account_id: UUID) -> bool:
    """Whether leads told that the account is a person who was erased: no other has no name."""
    (found,) = await reading.fetch(_IS_EMPTY, reading.tenant_id, account_id)
    return bool(found["empty"])


async def is_known(reading: Reading, opportunity_id: UUID) -> bool:
    """Whether there is or was an opportunity of that id, deleted or not."""
    (found,) = await reading.fetch(_EXISTS, reading.tenant_id, opportunity_id)
    return bool(found["known"])


async def list_of_account(reading: Reading, account_id: UUID) -> list[Opportunity]:
    """All deals of an account, whoever has them, deleted ones as well."""
    sql = f"{plan(Opportunity).select} where tenant_id = $1 and account_id = $2"
    found = await reading.fetch(sql, reading.tenant_id, account_id)
    return [row(Opportunity, each) for each in found]


async def list_known(reading: Reading, opportunity_id: UUID) -> list[Opportunity]:
    """The deal of that id, deleted or not, where there is one."""
    sql = f"{plan(Opportunity).select} where tenant_id = $1 and id = $2"
    found = await reading.fetch(sql, reading.tenant_id, opportunity_id)
    return [row(Opportunity, each) for each in found]
