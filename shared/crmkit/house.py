"""Several services behind one port: the same apps, told apart by the paths they own."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crmkit.components.directory import find_leavers
from crmkit.components.directory_keys import find_key
from crmkit.components.key_uses import KeyUses
from crmkit.db.pool import Database
from crmkit.messaging.memory import remembers
from crmkit.service import Service
from crmkit.settings import Settings
from crmkit.web import docs, openapi, probes, problems
from crmkit.web.answers import encode
from crmkit.web.asof import lift
from crmkit.web.gate import Gate
from crmkit.web.keys import Credentials, Keyring
from crmkit.web.leavers import Leavers
from crmkit.web.limits import Limits
from crmkit.web.proxies import behind
from crmkit.web.public import public_roots
from crmkit.web.tokens import Verifier

_SHARED = ("progress", "audit", "ledger", "graphql")
"""Paths that every service has one of, told apart by its name."""


def house(services: Sequence[Service], settings: Settings | None = None) -> ASGIApp:
    """The ASGI app of one API process: the gate, and behind it the services."""
    settings = settings or Settings.load()
    apps = {service.name: service.api(settings) for service in services}
    keeper = services[0].name

    def database() -> Database:
        kept: Database = apps[keeper].state.executor.database
        return kept

    keyring = Keyring(lambda tenant_id, key_id: find_key(database(), tenant_id, key_id))
    key_uses = KeyUses(keeper, database, keyring.take_used)
    schemas = {each.name: _printer(each, settings) for each in services}
    guides = {each.name: each.guide for each in services if each.guide}
    front = _front(apps, (schemas, guides), key_uses)
    owners: dict[str, ASGIApp] = {}
    for service in services:
        for root in (*roots(service), "limits"):
            owners[root] = apps[service.name]
    desk = _Desk(front, owners)
    name = services[0].name if len(services) == 1 else "house"
    leavers = Leavers(lambda tenant_id: find_leavers(database(), tenant_id))
    credentials = Credentials(Verifier(settings), keyring, leavers)
    routes = [route for app in apps.values() for route in app.router.routes]
    public, pages = public_roots(routes), public_roots(routes, "for_pages")
    gate = Gate(desk, name, credentials, limits=Limits(settings), public=public, pages=pages)
    return behind(settings.proxies, gate)


def roots(service: Service) -> list[str]:
    """What the paths of a service begin with, after /v1; `graphql/...` stands without /v1."""
    return sorted({*service.paths, *(f"{kind}/{service.name}" for kind in _SHARED)})


def merged(apps: Mapping[str, FastAPI]) -> dict[str, Any]:
    """One OpenAPI document of all services; ValueError where one name stands for two things."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Dealstream", "version": "1", "description": openapi.CONVENTIONS.strip()},
        "security": openapi.SECURITY,
        "paths": {},
        "components": {},
    }
    for app in apps.values():
        part = app.openapi()
        document["paths"] |= part["paths"]
        for kind, members in part.get("components", {}).items():
            kept = document["components"].setdefault(kind, {})
            differing = [name for name in members if kept.get(name, members[name]) != members[name]]
            if differing:
                raise ValueError(f"{kind} of several services: {differing}")
            kept |= members
    return document


class _Desk:
    """Hands each request to the service that owns its path."""

    def __init__(self, front: FastAPI, owners: Mapping[str, ASGIApp]) -> None:
        self._front = front
        self._owners = owners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._front(scope, receive, send)
            return
        root, _, rest = scope["path"][1:].partition("/")
        if root == "v1":
            root, _, rest = rest.partition("/")
        name = rest.partition("/")[0]
        key = f"{root}/{name}" if root in _SHARED else root
        owner = self._owners.get(key, self._front)
        await owner(lift(scope), receive, send)


def _front(
    apps: Mapping[str, FastAPI], told: tuple[docs.Schemas, docs.Guides], key_uses: KeyUses
) -> FastAPI:
    """What belongs to no single service: probes, docs, the merged OpenAPI, the lifespans."""

    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            await stack.enter_async_context(key_uses.running())
            yield

    front = FastAPI(
        title="Dealstream", lifespan=run, docs_url=None, redoc_url=None, openapi_url=None
    )
    problems.install(front)
    front.include_router(probes.router(_checks(apps)))
    docs.mount(front, *told)

    @cache
    def document() -> bytes:
        return encode(merged(apps))

    @front.get("/openapi.json", include_in_schema=False)
    async def read_openapi() -> Response:
        return Response(document(), media_type="application/json")

    return front


def _printer(service: Service, settings: Settings) -> Callable[[], str]:
    return lambda: service.schema(settings).as_str()


def _checks(apps: Mapping[str, FastAPI]) -> dict[str, probes.Check]:
    databases = {name: _check(app) for name, app in apps.items()}
    return databases | {f"{name}.ledger": _memory(app) for name, app in apps.items()}


def _check(app: FastAPI) -> probes.Check:
    async def ask() -> None:
        async with app.state.executor.database.system() as connection:
            await connection.fetchval("select 1")

    return ask


def _memory(app: FastAPI) -> probes.Check:
    """Fails from when the relay finds out that the database was put back to an older state."""

    async def ask() -> None:
        async with app.state.executor.database.system() as connection:
            if not await remembers(connection):
                raise LookupError("what others were told is forgotten")

    return ask
