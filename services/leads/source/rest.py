"""REST of the catalogue of sources."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from crmkit.web.problems import UNVERSIONED
from services.leads.source import commands
from services.leads.source.domain import ExternalKind, PersonalMethod, SourceGroup
from services.leads.source.models import LeadSource, SourceRule
from services.leads.source.queries import SOURCES
from services.leads.source.schemas import (
    LeadSourceCreate,
    LeadSourceRead,
    LeadSourceUpdate,
    SourceRulePut,
    SourceRuleRead,
)

sources = APIRouter(prefix="/v1/lead-sources", tags=["sources"])
rule = APIRouter(prefix="/v1/source-rule", tags=["sources"])
enums(
    sources, {"source_group": SourceGroup, "method": PersonalMethod, "external_kind": ExternalKind}
)


@sources.post("", status_code=201, response_model=LeadSourceRead)
async def create_source(new: LeadSourceCreate, edge: Edge) -> Response:
    return edge.created(LeadSourceRead, await edge.write(commands.create_source, new))


@sources.get("", response_model=Page[LeadSourceRead], openapi_extra=SOURCES.openapi())
async def list_sources(edge: Edge) -> Response:
    found = await SOURCES.find(edge.reading, edge.listing(SOURCES))
    return edge.page(LeadSourceRead, LeadSource, found)


@sources.get("/{source_id}", response_model=LeadSourceRead)
async def get_source(source_id: UUID, edge: Edge) -> Response:
    return edge.shown(LeadSourceRead, await edge.get(LeadSource, source_id))


@sources.patch("/{source_id}", response_model=LeadSourceRead)
async def update_source(source_id: UUID, patch: LeadSourceUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_source, source_id, patch)
    return edge.changed(LeadSourceRead, changed)


@rule.get("", response_model=SourceRuleRead)
async def get_source_rule(edge: Edge) -> Response:
    return edge.shown(SourceRuleRead, await edge.get(SourceRule, edge.actor.tenant_id))


@rule.put(
    "",
    response_model=SourceRuleRead,
    responses={201: {"model": SourceRuleRead}, 428: UNVERSIONED},
)
async def put_source_rule(new: SourceRulePut, edge: Edge) -> Response:
    """Say it for the first time (`201`), or anew, which needs `If-Match`."""
    return await edge.put(SourceRuleRead, commands.put_source_rule, new)


history(sources, LeadSource)
router = APIRouter(routes=[*sources.routes, *rule.routes])
