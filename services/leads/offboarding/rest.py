"""REST of off-boardings."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.offboarding import commands
from services.leads.offboarding.domain import (
    Holding,
    LeadsTo,
    OffboardingState,
    OffboardingTrigger,
)
from services.leads.offboarding.models import Offboarding
from services.leads.offboarding.queries import OFFBOARDINGS
from services.leads.offboarding.schemas import (
    DrawUpOffboarding,
    OffboardingRead,
    StartOffboarding,
)

router = APIRouter(prefix="/v1/offboardings", tags=["offboardings"])
enums(
    router,
    {
        "state": OffboardingState,
        "trigger": OffboardingTrigger,
        "leads_to": LeadsTo,
        "holding": Holding,
    },
)


@router.post("", status_code=201, response_model=OffboardingRead)
async def draw_up_offboarding(new: DrawUpOffboarding, edge: Edge) -> Response:
    return edge.created(OffboardingRead, await edge.write(commands.draw_up_offboarding, new))


@router.get("", response_model=Page[OffboardingRead], openapi_extra=OFFBOARDINGS.openapi())
async def list_offboardings(edge: Edge) -> Response:
    found = await OFFBOARDINGS.find(edge.reading, edge.listing(OFFBOARDINGS))
    return edge.page(OffboardingRead, Offboarding, found)


@router.get("/{offboarding_id}", response_model=OffboardingRead)
async def get_offboarding(offboarding_id: UUID, edge: Edge) -> Response:
    return edge.shown(OffboardingRead, await edge.get(Offboarding, offboarding_id))


@router.post("/{offboarding_id}/start", response_model=OffboardingRead)
async def start_offboarding(offboarding_id: UUID, way: StartOffboarding, edge: Edge) -> Response:
    started = await edge.write(commands.start_offboarding, offboarding_id, way)
    return edge.changed(OffboardingRead, started)


@router.post("/{offboarding_id}/cancel", response_model=OffboardingRead)
async def cancel_offboarding(offboarding_id: UUID, edge: Edge) -> Response:
    ended = await edge.write(commands.cancel_offboarding, offboarding_id)
    return edge.changed(OffboardingRead, ended)


history(router, Offboarding)
