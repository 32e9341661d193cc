"""Every GET of every service: as of an instant it answers what it answered then, or refuses."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.components.views.models import View
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import Wire
from crmkit.kernel import clock, ids
from crmkit.service import services
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.forecast.forecast.consumers import deals
from services.identity.tenant.models import Tenant
from services.leads.lead.models import Lead
from services.leads.source.models import SourceRule
from services.leads.terms.models import LeadTerms
from services.leads.view.models import LeadsView
from services.opportunities.view.models import OpportunitiesView
from services.webhooks.feed.consumers import append
from tests.forecast.conftest import _DEAL
from tests.forecast.conftest import wire as deal_wire
from tests.policy.exhibits import EXHIBITS, ROOTS
from tests.policy.seeds import change, insert, sample, seed
from tests.reporting.conftest import folding, wire
from tests.webhooks.samples import an_event

_NAMES = [service.name for service in services()]
_NAMED = {"$ref": "#/components/parameters/AsOf"}
_YEAR = {"grain": "month", "from": "2026-01-01", "to": "2026-12-31"}
_ASKED: dict[str, dict[str, Any]] = {
    "/v1/rollups": _YEAR | {"measure": "leads_created", "by": "owner"},
    "/v1/rollups/lineage": {"measure": "leads_created", "period": "2026-01"},
    "/v1/rollups/diff": _YEAR | {"measure": "leads_created", "from_as_of": "2026-01-01T00:00:00Z"},
    "/v1/forecasts/pipeline": {"period": "2026-11"},
    "/v1/surveys/results": {"period": "2026-01"},
    "/v1/work-plans/progress": {"period": "2026-01"},
}
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

_PARTS = {"custom-fields": "_field", "views": "_view"}
_LABELS = {"week": "2026-W02", "month": "2026-01"}
PRESENT = (
    r"/v1/[a-z-]+(/custom-fields|/views)?/enums",  # words of the software, no record of anybody
    r"/v1/measures",
    r"/v1/limits",  # what may still be asked for now
    r"/v1/keys(/.*)?",  # when one was last used is told by no event
    r"/v1/progress/[a-z]+",  # where relay and consumer are, which no event tells
    r"/v1/ledger/[a-z]+/(roots|keys)",  # signed, with the day in each
    r"/v1/webhook-(deliveries|replays)(/.*)?",  # queues that move without events
    r"/v1/webhook-endpoints/\{endpoint_id\}/health",  # of the same queues
    r"/v1/inbound-endpoints/\{endpoint_id\}/days",  # counted as they come, without events
    r"/v1/events/stream",  # what comes from now on
    r"/v1/[a-z]+/(imports|exports)(/.*)?",  # jobs and their files: leases and rows, no record
    r"/v1/leads/\{lead_id\}/duplicates",  # by keys, which are those of today's rules
    r"/v1/rollups/diff",  # takes two instants of its own
)
"""What can only be read as it is now."""

_NOTE = """
insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at,
  actor, data, salt, digest)
values ($1, $2, 'none', $2, 1, 'none', $3, $3, 'system', '{}', '', '')
"""
"""For the trail of a service that writes no events itself."""

Instant = Callable[[], str]


def _gets(name: str) -> dict[str, bool]:
    """Every GET that asks for a token, and whether its document names `as_of`."""
    (service,) = services([name])
    paths = service.api(service.settings.load()).openapi()["paths"]
    return {
        path: _NAMED in item["get"].get("parameters", ())
        for path, item in paths.items()
        if "get" in item and item["get"].get("security") != []
    }


_GETS = [(name, path) for name in _NAMES for path in _gets(name)]


def _is_present(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in PRESENT)


class Town:
    """One tenant with something in every service, which can be changed all at once."""

    def __init__(self, house: House, tenant: UUID) -> None:
        self.house = house
        self.tenant = tenant
        self.ids: dict[str, str] = {"tenant": str(tenant)}
        self._changes: list[Callable[[], Awaitable[None]]] = []
        self._steps = 0

    async def settle(self, name: str) -> None:
        async with (await self.house.system(name)).system() as connection:
            for aggregate, exhibit in EXHIBITS.items():
                if exhibit.service == name:
                    [(_, row)] = await seed(connection, exhibit, self.tenant, ids.new(), most=1)
                    self.ids[aggregate] = str(row["id"])
                    self._changing(name, exhibit.cls, row)
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
            if name == "leads":
                lying = {"owner_id": UUID(self.ids["pool"]), "team": ""}
                row = sample(Lead, self.tenant, **lying)
                await insert(connection, Lead, row)
                self._changing(name, Lead, row)
        await self.tell(name)

    async def change(self, name: str) -> None:
        for each in self._changes:
            await each()
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


def _url(path: str, known: dict[str, str]) -> str:
    root = ROOTS.get(path.split("/")[2], "")
    part = next((part for word, part in _PARTS.items() if f"/{word}" in path), "")
    record = known.get(root + part, "")
    return re.sub(r"\{(\w+)\}", lambda found: _LABELS.get(found[1], record), path)


async def _answer(caller: Caller, path: str, known: dict[str, str], **asked: str) -> Any:
    answer = await caller.get(_url(path, known), params=_ASKED.get(path, {}) | asked)
    assert answer.status_code == 200, (path, answer.text)
    body = answer.json()
    body.pop("as_of", None)  # of figures: the instant they are about
    return body


@pytest.mark.parametrize(("name", "path"), _GETS)
async def test_a_get_answers_as_it_did_then_or_refuses(
    house: House, login: Login, tenant: UUID, name: str, path: str
) -> None:
    town, admin = Town(house, tenant), await login(name, "admin")
    if _is_present(path):
        nobody = re.sub(r"\{\w+\}", str(ids.new()), path)
        answer = await admin.get(
            nobody, params=_ASKED.get(path, {}) | {"as_of": "2026-01-01T00:00:00Z"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "as_of.unsupported")
        return
    await town.settle(name)
    first = await _answer(admin, path, town.ids)
    then = clock.now()
    await town.change(name)
    assert await _answer(admin, path, town.ids) != first
    assert await _answer(admin, path, town.ids, as_of=then.isoformat()) == first


@pytest.mark.parametrize("name", _NAMES)
def test_the_document_names_as_of_where_it_is_answered(name: str) -> None:
    gets = _gets(name)
    assert gets
    assert {path for path, named in gets.items() if not named} == set(filter(_is_present, gets))


async def test_a_change_is_made_now_or_not_at_all(login: Login) -> None:
    caller = await login("leads", "admin")
    for method, path in (("POST", "/v1/leads"), ("PATCH", f"/v1/leads/{ids.new()}")):
        sent = {"json": {"company": "Acme", "source": "web"}, "headers": {"if-match": '"1"'}}
        then = {"as_of": "2026-01-01T00:00:00Z"}
        answer = await caller.client.request(method, path, params=then, **sent)  # type: ignore[arg-type]  # headers or none
        assert (answer.status_code, answer.json()["code"]) == (400, "as_of.write")
    assert (await caller.get("/v1/leads")).json()["items"] == []


async def test_a_mutation_as_of_an_instant_is_refused(login: Login) -> None:
    caller = await login("leads", "admin")
    caller.client.headers["as-of"] = "2026-01-01T00:00:00Z"
    mutation = """mutation { createLead(input: {company: "Acme", source: "web"}) {
        ... on Lead { id } ... on Problem { code httpStatus } } }"""
    answer = await caller.graphql("leads", mutation)
    assert answer["data"]["createLead"] == {"code": "as_of.write", "httpStatus": 400}


@pytest.mark.parametrize(
    "given",
    [
        ("yesterday",),
        ("2026-01-01",),
        ("2026-01-01T00:00:00",),
        ("",),
        ((clock.now() + timedelta(days=1)).isoformat(),),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    ],
)
async def test_what_is_no_instant_of_the_past_is_refused(
    login: Login, given: tuple[str, ...]
) -> None:
    caller = await login("leads", "admin")
    answer = await caller.get("/v1/leads", params={"as_of": list(given)})
    assert (answer.status_code, answer.json()["code"]) == (400, "as_of.invalid")


async def test_two_ways_of_saying_it_are_one_too_many(login: Login) -> None:
    caller = await login("leads", "admin")
    then = "2026-01-01T00:00:00Z"
    both = await caller.get(f"/v1/leads?as_of={then}", headers={"as-of": then})
    assert both.json()["code"] == "as_of.invalid"
    header = await caller.get("/v1/leads", headers={"as-of": then})
    assert header.json()["items"] == []


async def test_the_name_may_be_written_in_any_way_a_query_allows(login: Login) -> None:
    caller = await login("leads", "admin")
    answer = await caller.get("/v1/leads?as%5Fof=never")
    assert answer.json()["code"] == "as_of.invalid"
