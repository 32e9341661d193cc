"""REST of pipelines."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.opportunities.pipeline import commands
from services.opportunities.pipeline.models import Pipeline
from services.opportunities.pipeline.queries import PIPELINES
from services.opportunities.pipeline.schemas import PipelineCreate, PipelineRead, PipelineUpdate

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"])


@router.post("", status_code=201, response_model=PipelineRead)
async def create_pipeline(new: PipelineCreate, edge: Edge) -> Response:
    return edge.created(PipelineRead, await edge.write(commands.create_pipeline, new))


@router.get("", response_model=Page[PipelineRead], openapi_extra=PIPELINES.openapi())
async def list_pipelines(edge: Edge) -> Response:
    found = await PIPELINES.find(edge.reading, edge.listing(PIPELINES))
    return edge.page(PipelineRead, Pipeline, found)


@router.get("/{pipeline_id}", response_model=PipelineRead)
async def get_pipeline(pipeline_id: UUID, edge: Edge) -> Response:
    return edge.shown(PipelineRead, await edge.get(Pipeline, pipeline_id))


@router.patch("/{pipeline_id}", response_model=PipelineRead)
async def update_pipeline(pipeline_id: UUID, patch: PipelineUpdate, edge: Matched) -> Response:
    pipeline = await edge.write(commands.update_pipeline, pipeline_id, patch)
    return edge.changed(PipelineRead, pipeline)


history(router, Pipeline)
