"""Every list of members."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import row
from services.identity.member.models import Member

MEMBERS = Listing(
    Member,
    filters=(
        "email",
        "team",
        "region",
        "active",
        "manager_id",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)

_SUPERIORS = """
with recursive above as (
  select id, manager_id from member where tenant_id = $1 and id = $2
  union
  select m.id, m.manager_id from member m join above on m.id = above.manager_id
  where m.tenant_id = $1
)
select m.* from member m join above using (id) where m.tenant_id = $1
"""


async def list_superiors(reading: Reading, member_id: UUID) -> list[Member]:
    """The member and all they report to, at any distance."""
    found = await reading.fetch(_SUPERIORS, reading.tenant_id, member_id)
    return [row(Member, record) for record in found]
