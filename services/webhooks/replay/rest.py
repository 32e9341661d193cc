"""REST of replays."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.webhooks.replay import commands, queries
from services.webhooks.replay.domain import ReplayState
from services.webhooks.replay.models import Replay
from services.webhooks.replay.queries import REPLAYS
from services.webhooks.replay.schemas import ProgressRead, ReplayCreate, ReplayRead

_replays = APIRouter(prefix="/v1/webhook-replays", tags=["webhooks"])
_endpoints = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
enums(_replays, {"state": ReplayState})


@_endpoints.post("/{endpoint_id}/replays", status_code=201, response_model=ReplayRead)
async def start_replay(endpoint_id: UUID, new: ReplayCreate, edge: Edge) -> Response:
    return edge.created(ReplayRead, await edge.write(commands.start_replay, endpoint_id, new))


@_replays.get("", response_model=Page[ReplayRead], openapi_extra=REPLAYS.openapi())
async def list_replays(edge: Edge) -> Response:
    found = await REPLAYS.find(edge.reading, edge.listing(REPLAYS))
    return edge.page(ReplayRead, Replay, found)


@_replays.get("/{replay_id}", response_model=ReplayRead)
async def get_replay(replay_id: UUID, edge: Edge) -> Response:
    return edge.shown(ReplayRead, await edge.get(Replay, replay_id))


@_replays.get("/{replay_id}/progress", response_model=ProgressRead)
async def get_progress(replay_id: UUID, edge: Edge) -> Response:
    progress = await queries.get_progress(edge.reading, replay_id)
    return edge.plain(progress)


@_replays.post("/{replay_id}/cancel", response_model=ReplayRead)
async def cancel_replay(replay_id: UUID, edge: Edge) -> Response:
    return edge.changed(ReplayRead, await edge.write(commands.cancel_replay, replay_id))


router = APIRouter()
router.routes += [*_endpoints.routes, *_replays.routes]
