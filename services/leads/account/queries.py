"""Every list of accounts."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from services.leads.account.models import Account

ACCOUNTS = Listing(
    Account,
    filters=(
        "industry",
        "region",
        "country",
        "owner_id",
        "team",
        "parent_id",
        "employees",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)

_ANCESTORS = """
with recursive above as (
  select id, parent_id from account where tenant_id = $1 and id = $2
  union
  select a.id, a.parent_id from account a join above on a.id = above.parent_id
  where a.tenant_id = $1
)
select id from above
"""


async def list_ancestors(reading: Reading, account_id: UUID) -> list[UUID]:
    """The account and all that stand above it."""
    return [row["id"] for row in await reading.fetch(_ANCESTORS, reading.tenant_id, account_id)]
