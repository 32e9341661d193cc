"""REST of members."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.identity.member import commands
from services.identity.member.domain import Role
from services.identity.member.models import Member
from services.identity.member.queries import MEMBERS
from services.identity.member.schemas import MemberCreate, MemberRead, MemberUpdate

router = APIRouter(prefix="/v1/members", tags=["members"])
enums(router, {"roles": Role})


@router.post("", status_code=201, response_model=MemberRead)
async def create_member(new: MemberCreate, edge: Edge) -> Response:
    return edge.created(MemberRead, await edge.write(commands.create_member, new))


@router.get("", response_model=Page[MemberRead], openapi_extra=MEMBERS.openapi())
async def list_members(edge: Edge) -> Response:
    return edge.page(MemberRead, Member, await MEMBERS.find(edge.reading, edge.listing(MEMBERS)))


@router.get("/{member_id}", response_model=MemberRead)
async def get_member(member_id: UUID, edge: Edge) -> Response:
    return edge.shown(MemberRead, await edge.get(Member, member_id))


@router.patch("/{member_id}", response_model=MemberRead)
async def update_member(member_id: UUID, patch: MemberUpdate, edge: Matched) -> Response:
    return edge.changed(MemberRead, await edge.write(commands.update_member, member_id, patch))


@router.post("/{member_id}/deactivate", response_model=MemberRead)
async def deactivate_member(member_id: UUID, edge: Edge) -> Response:
    return edge.changed(MemberRead, await edge.write(commands.deactivate_member, member_id))


@router.post("/{member_id}/reactivate", response_model=MemberRead)
async def reactivate_member(member_id: UUID, edge: Edge) -> Response:
    return edge.changed(MemberRead, await edge.write(commands.reactivate_member, member_id))


history(router, Member)
batch(
    router,
    MemberRead,
    create=(commands.create_member, MemberCreate),
    update=(commands.update_member, MemberUpdate),
    actions={
        "deactivate": (commands.deactivate_member, None),
        "reactivate": (commands.reactivate_member, None),
    },
)
