"""REST of channel partners."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.partner import commands
from services.leads.partner.domain import ChannelPartnerKind, ChannelPartnerStatus
from services.leads.partner.models import ChannelPartner
from services.leads.partner.queries import CHANNEL_PARTNERS
from services.leads.partner.schemas import (
    AssessChannelPartner,
    ChannelPartnerCreate,
    ChannelPartnerRead,
    ChannelPartnerUpdate,
    EndChannelPartner,
)

router = APIRouter(prefix="/v1/channel-partners", tags=["channel partners"])
enums(router, {"kind": ChannelPartnerKind, "status": ChannelPartnerStatus})


@router.post("", status_code=201, response_model=ChannelPartnerRead)
async def create_channel_partner(new: ChannelPartnerCreate, edge: Edge) -> Response:
    return edge.created(ChannelPartnerRead, await edge.write(commands.create_channel_partner, new))


@router.get("", response_model=Page[ChannelPartnerRead], openapi_extra=CHANNEL_PARTNERS.openapi())
async def list_channel_partners(edge: Edge) -> Response:
    found = await CHANNEL_PARTNERS.find(edge.reading, edge.listing(CHANNEL_PARTNERS))
    return edge.page(ChannelPartnerRead, ChannelPartner, found)


@router.get("/{channel_partner_id}", response_model=ChannelPartnerRead)
async def get_channel_partner(channel_partner_id: UUID, edge: Edge) -> Response:
    return edge.shown(ChannelPartnerRead, await edge.get(ChannelPartner, channel_partner_id))


@router.patch("/{channel_partner_id}", response_model=ChannelPartnerRead)
async def update_channel_partner(
    channel_partner_id: UUID, patch: ChannelPartnerUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_channel_partner, channel_partner_id, patch)
    return edge.changed(ChannelPartnerRead, changed)


@router.post("/{channel_partner_id}/assess", response_model=ChannelPartnerRead)
async def assess_channel_partner(
    channel_partner_id: UUID, found: AssessChannelPartner, edge: Edge
) -> Response:
    changed = await edge.write(commands.assess_channel_partner, channel_partner_id, found)
    return edge.changed(ChannelPartnerRead, changed)


@router.post("/{channel_partner_id}/sign", response_model=ChannelPartnerRead)
async def sign_channel_partner(channel_partner_id: UUID, edge: Edge) -> Response:
    changed = await edge.write(commands.sign_channel_partner, channel_partner_id)
    return edge.changed(ChannelPartnerRead, changed)


@router.post("/{channel_partner_id}/activate", response_model=ChannelPartnerRead)
async def activate_channel_partner(channel_partner_id: UUID, edge: Edge) -> Response:
    changed = await edge.write(commands.activate_channel_partner, channel_partner_id)
    return edge.changed(ChannelPartnerRead, changed)


@router.post("/{channel_partner_id}/end", response_model=ChannelPartnerRead)
async def end_channel_partner(
    channel_partner_id: UUID, why: EndChannelPartner, edge: Edge
) -> Response:
    changed = await edge.write(commands.end_channel_partner, channel_partner_id, why)
    return edge.changed(ChannelPartnerRead, changed)


history(router, ChannelPartner)
batch(
    router,
    ChannelPartnerRead,
    create=(commands.create_channel_partner, ChannelPartnerCreate),
    update=(commands.update_channel_partner, ChannelPartnerUpdate),
    actions={
        "assess": (commands.assess_channel_partner, AssessChannelPartner),
        "sign": (commands.sign_channel_partner, None),
        "activate": (commands.activate_channel_partner, None),
        "end": (commands.end_channel_partner, EndChannelPartner),
    },
)
