"""A service: its rooms put together as an API, and as what its worker runs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module, resources
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData
from sqlalchemy.orm import configure_mappers
from starlette.routing import Route, WebSocketRoute

from crmkit.components.allowance import allowance
from crmkit.components.audit import audit
from crmkit.components.directory import DirectoryCopy
from crmkit.components.history import histories
from crmkit.components.history_gql import histories_query
from crmkit.components.jobs.subject import Jobs
from crmkit.components.ledger import ledger
from crmkit.components.progress import progress
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.db.tables import Record
from crmkit.events.envelope import REGISTRY, topic
from crmkit.events.keys import key_used
from crmkit.garbage import leave_to_stand
from crmkit.installed import found
from crmkit.kernel.access import Policy
from crmkit.messaging.handlers import Fold, Reaction
from crmkit.messaging.mirrors import Mirror, Sum
from crmkit.migrations.runner import Migrator
from crmkit.settings import Settings
from crmkit.web import openapi, problems
from crmkit.web.bodies import make_strict
from crmkit.web.direct import Api
from crmkit.web.edge import edge_of
from crmkit.web.graphql import Context, make_schema, view
from crmkit.web.methods import Methods

Schedule = Callable[[Executor, Database], Awaitable[bool]]
"""Work on rows: does one turn and says whether there is more to do at once."""


@dataclass(frozen=True)
class Service:
    """One deployable service; `rooms` in the order in which later ones may use earlier ones."""

    name: str
    rooms: tuple[str, ...]
    policy: Policy
    tables: type[Record]
    settings: type[Settings] = Settings
    schedules: tuple[Callable[[Settings], Schedule], ...] = ()
    description: str = ""

    @property
    def package(self) -> str:
        return f"services.{self.name}"

    @property
    def metadata(self) -> MetaData:
        """The tables of all rooms."""
        self.furniture("models")
        return self.tables.metadata

    @cached_property
    def topics(self) -> frozenset[str]:
        """Where this service publishes: one topic for each of its aggregates that has events, and
        one for the keys it lets in."""
        told = {event.aggregate for event in REGISTRY.values()}
        own = {table for table in self.metadata.tables if table in told}
        return frozenset(map(topic, {*own, key_used(self.name).aggregate}))

    @cached_property
    def tells(self) -> frozenset[str]:
        """The types of the events that this service publishes."""
        own = {name for name, event in REGISTRY.items() if topic(event.aggregate) in self.topics}
        return frozenset({*own, key_used(self.name).type})

    @cached_property
    def folds(self) -> list[Fold]:
        return [DirectoryCopy(), *self._found(lambda value: hasattr(value, "aggregates"))]

    @cached_property
    def reactions(self) -> list[Reaction]:
        return self._found(lambda value: isinstance(value, Reaction))

    @cached_property
    def mirrors(self) -> list[Mirror]:
        """The tables that say what others' events say: of folds that tell it, and of `truth`."""
        told = [mirror for fold in self.folds for mirror in getattr(fold, "mirrors", ())]
        return [*told, *self._truths("MIRRORS")]

    @cached_property
    def sums(self) -> list[Sum]:
        """The tables of figures that other tables add up to."""
        return self._truths("SUMS")

    @cached_property
    def queues(self) -> list[type[Record]]:
        """Aggregates whose rows move without events."""
        return self._truths("QUEUES")

    @cached_property
    def rebuilt(self) -> list[str]:
        """The tables that a replay makes anew; a feed, with a row for each event, stays."""
        mirrored = [mirror.table for mirror in self.mirrors if not mirror.each]
        return sorted({*mirrored, *self._truths("REBUILT")})

    @cached_property
    def follows(self) -> list[str]:
        """The topics this service listens to."""
        heard = {aggregate for fold in self.folds for aggregate in fold.aggregates}
        heard |= {reaction.event.aggregate for reaction in self.reactions}
        return sorted(topic(aggregate) for aggregate in heard)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The first segment after /v1 of every path this service owns."""
        return frozenset(
            route.path.split("/")[2]
            for module in self.furniture("rest")
            for route in module.router.routes
        )

    @cached_property
    def guide(self) -> str:
        """The page that lies beside its code, in Markdown; empty where there is none."""
        page = resources.files(self.package) / "README.md"
        return page.read_text("utf-8") if page.is_file() else ""

    def furniture(self, name: str) -> list[ModuleType]:
        """The modules of that name, room by room; a room has only what it needs."""
        found = []
        for room in self.rooms:
            path = f"{self.package}.{room}.{name}"
            if find_spec(path):
                found.append(import_module(path))
        return found

    def api(self, settings: Settings | None = None) -> FastAPI:
        """The service as FastAPI; the gate that lets callers in stands before it."""
        settings = settings or self.settings.load()
        app = Api(
            title=f"Dealstream {self.name}",
            description=self.description,
            version="1",
            lifespan=self._lifespan(settings),
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            telemetry=None,
            generate_unique_id_function=lambda route: route.name,
        )
        problems.install(app)
        routers = [module.router for module in self.furniture("rest")]
        for router in routers:
            make_strict(router)
        own = (progress(self.name, self.follows), audit(self.name), ledger(self.name), allowance())
        openapi.include(app, [*routers, *own])
        graphql = self._graphql(settings)
        for kind in (Route, WebSocketRoute):
            app.router.routes.append(kind(f"/graphql/{self.name}", graphql))
        app.state.methods = Methods(app.router.routes)
        return app

    @property
    def revisions(self) -> Path:
        """The folder of its migrations."""
        return Path(import_module(self.package).__path__[0]) / "migrations"

    def migrator(self, settings: Settings) -> Migrator:
        dsn = settings.dsn(self.name, "owner")
        return Migrator(self.name, self.revisions, self.metadata, dsn)

    def schema(self, settings: Settings) -> Any:
        """The GraphQL subgraph."""
        modules = self.furniture("gql")
        roots = {
            name: [getattr(module, name) for module in modules if hasattr(module, name)]
            for name in ("Query", "Mutation", "Subscription")
        }
        told = histories(module.router for module in self.furniture("rest"))
        if told:
            roots["Query"].append(histories_query(told))
        added = [entity for module in modules for entity in getattr(module, "ENTITIES", ())]
        return make_schema(*roots.values(), types=added, production=settings.production)

    def _graphql(self, settings: Settings) -> Any:
        return view(self.schema(settings), lambda request: Context(edge_of(request)))

    def _lifespan(self, settings: Settings) -> Any:
        @asynccontextmanager
        async def run(app: FastAPI) -> AsyncIterator[None]:
            configure_mappers()
            database = await Database.open(
                settings.dsn(self.name, "app"),
                size=settings.pool_size,
                name=f"{self.name}.api",
                pooler=settings.pooler,
            )
            app.state.executor = Executor(database, self.policy)
            leave_to_stand()
            yield
            await database.close()

        return run

    @cached_property
    def jobs(self) -> list[Jobs]:
        """The imports and exports of all rooms."""
        rooms = self.furniture("commands")
        return [value for room in rooms for value in vars(room).values() if isinstance(value, Jobs)]

    def _truths(self, name: str) -> list[Any]:
        return [value for module in self.furniture("truth") for value in getattr(module, name, ())]

    def _found(self, wanted: Callable[[Any], bool]) -> list[Any]:
        return [
            value
            for module in self.furniture("consumers")
            for value in vars(module).values()
            if not isinstance(value, type) and wanted(value)
        ]


def services(names: Sequence[str] = ("all",)) -> list[Service]:
    """The services installed here, by entry point `crm.services`; `all` stands for every one."""
    known = found()
    wanted = sorted(known) if "all" in names else names
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise LookupError(
            f"no such service: {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    return [known[name].load() for name in wanted]
