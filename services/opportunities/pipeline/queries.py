"""Every list of pipelines."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.opportunities.pipeline.models import Pipeline

PIPELINES = Listing(
    Pipeline,
    filters=("is_default", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)

_DEFAULT = f"""
{plan(Pipeline).select}
where tenant_id = $1 and (is_default or id = $2) order by is_default desc limit 1
"""


async def find_default(reading: Reading, otherwise: UUID) -> Pipeline | None:
    """The tenant's default pipeline, or the one of that id where none is the default."""
    found = await reading.fetch(_DEFAULT, reading.tenant_id, otherwise)
    return row(Pipeline, found[0]) if found else None
