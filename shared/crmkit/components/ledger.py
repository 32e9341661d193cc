"""The signed roots of a service's ledger, for auditors who keep them where we cannot reach them."""

from base64 import b64encode
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from crmkit.fields import Day, Instant
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge

_ROOTS = """
select day, position, hash, key_id, signature, signed_at from ledger_root
where $1::date is null or day < $1 order by day desc limit $2
"""
_KEYS = """
select key_id, public_key, min(day) as first_day, max(day) as last_day
from ledger_root group by 1, 2 order by 3
"""


class LedgerRoot(BaseModel):
    """Where the ledger ended on a UTC day. `hash` is hexadecimal, `signature` Ed25519 in base64."""

    day: date
    position: int
    hash: str
    key_id: str
    signature: str
    signed_at: Instant


class LedgerRoots(BaseModel):
    """Newest first; `before` of the next page is the last day of this one."""

    items: list[LedgerRoot]


class LedgerKey(BaseModel):
    """A public key, 32 bytes in base64, and the days it has signed."""

    key_id: str
    algorithm: str
    public_key: str
    first_day: date
    last_day: date


class LedgerKeys(BaseModel):
    items: list[LedgerKey]


def ledger(service: str) -> APIRouter:
    """The router of `GET /v1/ledger/{service}/roots` and `…/keys`."""
    router = APIRouter(prefix="/v1/ledger", tags=["operations"])

    @router.get(f"/{service}/roots", response_model=LedgerRoots, name=f"{service}_ledger_roots")
    @present_only
    async def list_ledger_roots(
        edge: Edge,
        before: Day | None = None,
        limit: Annotated[int, Query(ge=1, le=400)] = 50,
    ) -> Response:
        """Where the ledger ended on each day, signed. Keep them where we cannot reach them."""
        edge.demand_operator()
        rows = await edge.reading.fetch(_ROOTS, before, limit)
        return edge.plain({"items": [_root(row) for row in rows]})

    @router.get(f"/{service}/keys", response_model=LedgerKeys, name=f"{service}_ledger_keys")
    @present_only
    async def list_ledger_keys(edge: Edge) -> Response:
        """The public keys that the roots are signed with, and when each was used."""
        edge.demand_operator()
        rows = await edge.reading.fetch(_KEYS)
        return edge.plain({"items": [_key(row) for row in rows]})

    return router


def _root(row: Any) -> dict[str, Any]:
    signature = b64encode(row["signature"]).decode()
    return dict(row) | {"hash": row["hash"].hex(), "signature": signature}


def _key(row: Any) -> dict[str, Any]:
    public = b64encode(row["public_key"]).decode()
    return dict(row) | {"algorithm": "Ed25519", "public_key": public}
