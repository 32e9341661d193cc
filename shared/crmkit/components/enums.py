"""Labels of a room's codes, in Chinese and English."""

from collections.abc import Mapping

from fastapi import APIRouter, Response
from pydantic import BaseModel

from crmkit.kernel.labels import Labelled
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge


class Label(BaseModel):
    """A code and what people call it."""

    code: str
    zh: str
    en: str


def enums(router: APIRouter, members: Mapping[str, type[Labelled]]) -> None:
    """Add `GET /enums`; call it before the room's `/{id}` routes."""
    labels = {
        name: [{"code": member.value, "zh": member.zh, "en": member.en} for member in kind]
        for name, kind in members.items()
    }

    @present_only
    async def read_enums(edge: Edge) -> Response:
        return edge.plain(labels)

    router.add_api_route(
        "/enums",
        read_enums,
        response_model=dict[str, list[Label]],
        name=f"{'_'.join(router.prefix.split('/')[2:])}_enums",
        summary="Codes and their labels",
        generate_unique_id_function=lambda route: route.name,
    )
