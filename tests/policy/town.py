"""One tenant with something in every room, which can be changed all at once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from crmkit.components.jobs.models import Job
from crmkit.components.views.models import View
from crmkit.db.pool import Connection
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import Wire
from crmkit.kernel import clock, ids
from crmkit.testing.house import House
from services.forecast.forecast.consumers import deals
from services.identity.tenant.models import Tenant
from services.leads.account.models import Account
from services.leads.inbound.models import InboundDay
from services.leads.lead.models import Lead
from services.leads.matching.domain import key_columns, keys_of
from services.leads.segment.models import Segment
from services.leads.source.models import SourceRule
from services.leads.terms.models import LeadTerms
from services.leads.view.models import LeadsView
from services.opportunities.view.models import OpportunitiesView
from services.webhooks.delivery.models import Attempt
from services.webhooks.endpoint.models import Pulse
from services.webhooks.feed.consumers import append
from tests.forecast.conftest import _DEAL
from tests.forecast.conftest import wire as deal_wire
from tests.policy.exhibits import EXHIBITS
from tests.policy.seeds import change, insert, sample, seed
from tests.reporting.conftest import folding, wire
from tests.webhooks.samples import an_event

_SINGLE: dict[str, tuple[type[Record], ...]] = {
    "identity": (Tenant,),
    "leads": (SourceRule, LeadTerms),
}
"""What a tenant has once."""

_VIEWS: dict[str, tuple[type[View], tuple[str, ...]]] = {
    "leads": (LeadsView, ("account", "activity", "contact", "lead")),
    "opportunities": (OpportunitiesView, ("opportunity",)),
}
"""Each view is of one list."""

_NOTE = """
insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at,
  actor, data, salt, digest)
values ($1, $2, 'none', $2, 1, 'none', $3, $3, 'system', '{}', '', '')
"""
"""For the trail of a service that writes no events itself."""


_Act = Callable[[], Awaitable[None]]


class Town:
    """One tenant with something in every service, which can be changed all at once."""

    def __init__(self, house: House, tenant: UUID) -> None:
        self.house = house
        self.tenant = tenant
        self.ids: dict[str, str] = {"tenant": str(tenant)}
        self.rows: dict[str, dict[str, Any]] = {}
        self._changes: list[_Act] = []
        self._arrivals: list[_Act] = []
        self._steps = 0

    async def settle(self, name: str) -> None:
        async with (await self.house.system(name)).system() as connection:
            for aggregate, exhibit in EXHIBITS.items():
                if exhibit.service == name:
                    [(_, row)] = await seed(connection, exhibit, self.tenant, ids.new(), most=1)
                    self.ids[aggregate], self.rows[aggregate] = str(row["id"]), row
                    self._changing(name, exhibit.cls, row)
                    if issubclass(exhibit.cls, Job):
                        await self._file(connection, name, exhibit.cls, row)
            view, lists = _VIEWS.get(name, (View, ()))
            for resource in lists:
                row = sample(view, self.tenant, resource=resource, filter={})
                await insert(connection, view, row)
                self.ids[f"{resource}_view"] = str(row["id"])
                self._changing(name, view, row)
            for cls in _SINGLE.get(name, ()):
                row = sample(cls, self.tenant, id=self.tenant)
                await insert(connection, cls, row)
                self.ids[plan(cls).table] = str(self.tenant)
                self._changing(name, cls, row)
            await self._besides(connection, name)
        await self.tell(name)

    async def _file(
        self, connection: Connection, name: str, cls: type[Job], known: dict[str, Any]
    ) -> None:
        """A job of the other kind, so that there is one of each."""
        kind = {"import": "export", "export": "import"}[known["kind"]]
        row = known | {"id": ids.new(), "kind": kind}
        await insert(connection, cls, row)
        self._changing(name, cls, row)
        about = cls.__name__.removesuffix("Job").lower()
        self.ids |= {f"{about}_{each['kind']}": str(each["id"]) for each in (known, row)}

    async def _besides(self, connection: Connection, name: str) -> None:
        """What has no list of its own: a lead in the pool, and one that may be the same customer;
        a segment of accounts; a message that came, a try, and how the last ones went. The latter
        two come again, and a lead and an account more."""
        tenant = self.tenant
        if name == "leads":
            twin = {"company": self.rows["lead"]["company"]}
            twin |= key_columns(keys_of(twin["company"], None, None))
            pool = UUID(self.ids["pool"])
            for values in ({"owner_id": pool, "pool_id": pool, "team": ""}, twin):
                row = sample(Lead, tenant, **values)
                await insert(connection, Lead, row)
                self._changing(name, Lead, row)
            inbound = UUID(self.ids["inbound_endpoint"])
            for day in (date(2026, 1, 5), date(2026, 1, 6)):
                self._coming(name, InboundDay, endpoint_id=inbound, day=day)
            of = {"resource": "account", "filter": {"lifecycle": "prospect"}, "position": 2}
            row = sample(Segment, tenant, **of)
            await insert(connection, Segment, row)
            self._changing(name, Segment, row)
            for cls in (Lead, Lead, Account, Account):
                self._coming(name, cls)
        if name == "webhooks":
            endpoint, delivery = (UUID(self.ids[n]) for n in ("endpoint", "webhook_delivery"))
            pulse = sample(Pulse, tenant, id=endpoint)
            await insert(connection, Pulse, pulse)
            self._changing(name, Pulse, pulse)
            for _ in range(2):
                self._coming(name, Attempt, endpoint_id=endpoint, delivery_id=delivery)
        await self._come(2)

    def _coming(self, name: str, cls: type[Record], **values: Any) -> None:
        async def act() -> None:
            async with (await self.house.system(name)).system() as connection:
                await insert(connection, cls, sample(cls, self.tenant, **values))

        self._arrivals.append(act)

    async def _come(self, step: int = 1) -> None:
        """All of those who come, or every other one."""
        for each in self._arrivals[::step]:
            await each()
        del self._arrivals[::step]

    async def change(self, name: str) -> None:
        for each in self._changes:
            await each()
        await self._come()
        await self.tell(name)

    async def tell(self, name: str) -> None:
        """What the service hears of others: each time something else."""
        self._steps += 1
        system = await self.house.system(name)
        if name == "reporting":
            await folding(system)(self._figures())
            async with system.system() as connection:
                await connection.execute(_NOTE, self.tenant, ids.new(), clock.now())
        if name == "forecast":
            state = _DEAL | {"owner_id": str(ids.new())}
            async with system.transaction() as connection:
                event = deal_wire("opportunity.updated.v1", self.tenant, ids.new(), 1, state)
                await deals.apply(connection, [_recorded_now(event)])
        if name == "webhooks":
            async with system.transaction() as connection:
                event = an_event(self.tenant, "lead.created.v1", subject=ids.new())
                await append.apply(connection, [_recorded_now(event)])

    def _figures(self) -> list[Wire]:
        """A lead more, and another name for whose they are."""
        at = datetime(2026, 1, 5, 12, tzinfo=UTC)
        now = clock.now()
        member = {"name": f"Zhao {self._steps}"}
        return [
            wire(self.tenant, "lead", ids.new(), recorded=now, received_at=at),
            wire(self.tenant, "member", UUID(int=7), self._steps, recorded=now, **member),
        ]

    def _changing(self, name: str, cls: Any, row: dict[str, Any]) -> None:
        async def act() -> None:
            async with (await self.house.system(name)).system() as connection:
                await change(connection, cls, row)

        self._changes.append(act)


def _recorded_now(event: Wire) -> Wire:
    return msgspec.structs.replace(event, recordedat=clock.now())
