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
    for what is remembered: one that was not there, or without the stage that is asked for, is
    looked for again.
    """

    async def ask() -> Pipeline | None:
        if pipeline_id is None:
            return await find_default(tx, otherwise)
        return await tx.find(Pipeline, id=pipeline_id)

    name = ("pipeline", pipeline_id)
    found = await tx.recall(name, ask, _REMEMBER_SECONDS, fresh=tx.fresh)
    if found is None or (stage is not None and stage not in map(_CODE, found.stages)):
        found = await tx.recall(name, ask, _REMEMBER_SECONDS, fresh=True)
    return found


async def find_default(reading: Reading, otherwise: UUID) -> Pipeline | None:
    """The tenant's default pipeline, or the one of that id where none is the default."""
    found = await reading.fetch(_DEFAULT, reading.tenant_id, otherwise)
    return row(Pipeline, found[0]) if found else None
