"""Every list of pipelines."""

from operator import itemgetter
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.writing import Tx
from services.opportunities.pipeline.models import Pipeline

_REMEMBER_SECONDS = 2.0
_CODE = itemgetter("code")
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


async def find_course(
    tx: Tx, pipeline_id: UUID | None, otherwise: UUID, stage: str | None
) -> Pipeline | None:
    """That pipeline, or the tenant's default as `find_default` has it.

    As it was two seconds ago at most, so who decides on it expects its version. Nobody is refused
    for what is remembered: one without the stage that is asked for is looked at again.
    """
    memory, key = tx.database.memory, (tx.tenant_id, "pipeline", pipeline_id)
    kept = None if tx.fresh else memory.find(key)
    if kept is not None and (stage is None or stage in map(_CODE, kept[0].stages)):
        return kept[0]  # type: ignore[no-any-return]  # a process remembers things of all kinds
    if pipeline_id is None:
        found = await find_default(tx, otherwise)
    else:
        found = await tx.find(Pipeline, id=pipeline_id)
    if found is not None:
        memory.keep(key, found, _REMEMBER_SECONDS)
    return found


async def find_default(reading: Reading, otherwise: UUID) -> Pipeline | None:
    """The tenant's default pipeline, or the one of that id where none is the default."""
    found = await reading.fetch(_DEFAULT, reading.tenant_id, otherwise)
    return row(Pipeline, found[0]) if found else None
