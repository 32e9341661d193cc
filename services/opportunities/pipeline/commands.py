"""Every change of a pipeline."""

from typing import Any
from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.opportunities import PipelineCreated, PipelineUpdated
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from services.opportunities.pipeline import queries
from services.opportunities.pipeline.domain import (
    STANDARD,
    STANDARD_NAME,
    Course,
    Document,
    Stage,
    demand_distinct,
    demand_only_default,
    document,
    stages_of,
    standard_id,
)
from services.opportunities.pipeline.models import Pipeline
from services.opportunities.pipeline.schemas import PipelineCreate, PipelineUpdate, StageIn


async def create_pipeline(tx: Tx, new: PipelineCreate) -> Pipeline:
    """Draw up a pipeline; a tenant has one default."""
    if new.is_default:
        await _demand_only_default(tx, None)
    return tx.create(Pipeline, PipelineCreated, **given(new, stages=_document(new.stages)))


async def create_standard_pipeline(tx: Tx) -> Pipeline:
    """Draw up the pipeline a tenant begins with, unless it has a default already."""
    default = await tx.find(Pipeline, is_default=True)
    return tx.create(
        Pipeline,
        PipelineCreated,
        id=standard_id(tx.tenant_id),
        name=STANDARD_NAME,
        is_default=default is None,
        stages=document(STANDARD),
    )


async def update_pipeline(tx: Tx, pipeline_id: UUID, patch: PipelineUpdate) -> Pipeline:
    """Change a pipeline's name or stages, or make it the default."""
    pipeline = await tx.take(Pipeline, pipeline_id)
    values: dict[str, Any] = given(patch)
    if "stages" in values:
        values["stages"] = _document(patch.stages)
    if values.get("is_default"):
        await _demand_only_default(tx, pipeline.id)
    return tx.update(pipeline, PipelineUpdated, **values)


async def course_of(tx: Tx, pipeline_id: UUID | None, stage: str | None = None) -> Course:
    """The stages of that pipeline, or of the tenant's default; Invalid `pipeline.unknown`.

    `stage` is the one that will be looked for. Where a tenant has not drawn up anything yet, the
    standard pipeline needs no row.
    """
    standard = standard_id(tx.tenant_id)
    found = await queries.find_course(tx, pipeline_id, standard, stage)
    if found is not None:
        tx.expect(found)
        return Course(found.id, stages_of(found.stages))
    if pipeline_id is None or pipeline_id == standard:
        return Course(standard, STANDARD)
    raise Invalid.field("pipeline_id", "pipeline.unknown", "no such pipeline")


async def _demand_only_default(tx: Tx, pipeline_id: UUID | None) -> None:
    default = await tx.find(Pipeline, is_default=True)
    demand_only_default(default.id if default else None, pipeline_id)


def _document(given_stages: list[StageIn]) -> Document:
    stages = [Stage(s.code, s.name, s.probability) for s in given_stages]
    demand_distinct(stages)
    return document(stages)
