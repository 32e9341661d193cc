"""REST of market intelligence."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.intel import commands
from services.leads.intel.domain import CompetitorFacet, IntelKind, IntelStatus
from services.leads.intel.models import MarketIntel
from services.leads.intel.queries import MARKET_INTEL
from services.leads.intel.schemas import (
    JudgeIntel,
    MarketIntelRead,
    MarketIntelUpdate,
    ReportIntel,
)

router = APIRouter(prefix="/v1/market-intel", tags=["market intelligence"])
enums(router, {"kind": IntelKind, "facet": CompetitorFacet, "status": IntelStatus})


@router.post("", status_code=201, response_model=MarketIntelRead)
async def report_intel(new: ReportIntel, edge: Edge) -> Response:
    return edge.created(MarketIntelRead, await edge.write(commands.report_intel, new))


@router.get("", response_model=Page[MarketIntelRead], openapi_extra=MARKET_INTEL.openapi())
async def list_market_intel(edge: Edge) -> Response:
    found = await MARKET_INTEL.find(edge.reading, edge.listing(MARKET_INTEL))
    return edge.page(MarketIntelRead, MarketIntel, found)


@router.get("/{intel_id}", response_model=MarketIntelRead)
async def get_market_intel(intel_id: UUID, edge: Edge) -> Response:
    return edge.shown(MarketIntelRead, await edge.get(MarketIntel, intel_id))


@router.patch("/{intel_id}", response_model=MarketIntelRead)
async def update_intel(intel_id: UUID, patch: MarketIntelUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_intel, intel_id, patch)
    return edge.changed(MarketIntelRead, changed)


@router.post("/{intel_id}/note", response_model=MarketIntelRead)
async def note_intel(intel_id: UUID, said: JudgeIntel, edge: Edge) -> Response:
    return edge.changed(MarketIntelRead, await edge.write(commands.note_intel, intel_id, said))


@router.post("/{intel_id}/dismiss", response_model=MarketIntelRead)
async def dismiss_intel(intel_id: UUID, said: JudgeIntel, edge: Edge) -> Response:
    return edge.changed(MarketIntelRead, await edge.write(commands.dismiss_intel, intel_id, said))


history(router, MarketIntel)
