"""Every list of contacts."""

from uuid import UUID

from crmkit.components.search import Search
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.contact.models import Contact

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
)
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
