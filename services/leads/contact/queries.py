"""Every list of contacts."""

from uuid import UUID

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.jobs.commands import job_listing
from crmkit.components.search import Search
from crmkit.components.views.saved import Viewed
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.contact.models import Contact, ContactField, ContactJob
from services.leads.contact.schemas import ContactRead
from services.leads.view.queries import VIEWS

CONTACT_FIELDS = CustomFields(ContactField)
CONTACT_FIELD_LIST = field_listing(ContactField)
CONTACT_JOBS = job_listing(ContactJob)
CONTACTS = Listing(
    Contact,
    filters=(
        "account_id",
        "email",
        "phone",
        "role",
        "is_primary",
        "relationship_level",
        "relationship_at",
        "preferred_channel",
        "do_not_contact",
        "owner_id",
        "team",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at", "relationship_level"),
    default="name",
    search=("name", "title", "email", "phone"),
    searching=Search(phones=("phone",), named="name"),
    custom=CONTACT_FIELDS,
    views=VIEWS,
)
CONTACT_VIEWS = Viewed(CONTACTS, ContactRead)
_LEFT_BEHIND = """
where tenant_id = $1 and account_id = $2 and deleted_at is null and (owner_id <> $3 or team <> $4)
"""


async def left_behind(
    reading: Reading, account_id: UUID, owner_id: UUID, team: str
) -> list[Contact]:
    """The contacts of an account that are not yet its owner's."""
    sql = f"{plan(Contact).select} {_LEFT_BEHIND}"
    found = await reading.fetch(sql, reading.tenant_id, account_id, owner_id, team)
    return [row(Contact, each) for each in found]
