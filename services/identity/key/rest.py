"""REST of API keys."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.identity.key import commands, queries
from services.identity.key.models import Key
from services.identity.key.queries import KEYS, judged
from services.identity.key.schemas import (
    KeyCreate,
    KeyRead,
    KeySecretRead,
    KeyUpdate,
    RotateKey,
)

router = APIRouter(prefix="/v1/keys", tags=["keys"])


@router.post("", status_code=201, response_model=KeySecretRead)
async def create_key(new: KeyCreate, edge: Edge) -> Response:
    key = await edge.write(commands.create_key, new)
    return edge.created(KeySecretRead, await judged(edge.reading, key))


@router.get("", response_model=Page[KeyRead], openapi_extra=KEYS.openapi())
async def list_keys(edge: Edge) -> Response:
    return edge.page(KeyRead, Key, await queries.list_keys(edge.reading, edge.listing(KEYS)))


@router.get("/{key_id}", response_model=KeyRead)
async def get_key(key_id: UUID, edge: Edge) -> Response:
    return edge.shown(KeyRead, await judged(edge.reading, await edge.get(Key, key_id)))


@router.patch("/{key_id}", response_model=KeyRead)
async def update_key(key_id: UUID, patch: KeyUpdate, edge: Matched) -> Response:
    key = await edge.write(commands.update_key, key_id, patch)
    return edge.changed(KeyRead, await judged(edge.reading, key))


@router.post("/{key_id}/rotate", response_model=KeySecretRead)
async def rotate_key(key_id: UUID, how: RotateKey, edge: Edge) -> Response:
    key = await edge.write(commands.rotate_key, key_id, how)
    return edge.changed(KeySecretRead, await judged(edge.reading, key))


@router.post("/{key_id}/revoke", response_model=KeyRead)
async def revoke_key(key_id: UUID, edge: Edge) -> Response:
    key = await edge.write(commands.revoke_key, key_id)
    return edge.changed(KeyRead, await judged(edge.reading, key))


history(router, Key)
