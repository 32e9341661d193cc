"""Nothing of somebody who was erased is left in any table of any service."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.events.erasure import blanks
from crmkit.events.leads import LeadState
from crmkit.proof.copies import MirrorCheck
from crmkit.proof.snapshots import snapshot
from crmkit.proof.verify import check_alone
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.erasure.commands import TRACES
from services.leads.reception.models import Enquiry
from tests.leads.erasure_samples import (
    GROUND,
    a_lead_of,
    leave_traces,
    park,
    receive,
    somebody,
    traces,
)
from tests.leads.samples import made

HOOK = {"name": "Partner", "url": "https://partner.example/hooks", "types": ["*"]}
LEADS = {
    *("contact", "lead", "activity", "visit", "enquiry", "visitor_survey", "survey"),
    *("capture_failure", "event", "idempotency", "lead_job_part", "custom_value"),
    *("inbound_message", "account", "channel_partner", "feedback"),
    *("leads_view", "segment", "lead_job"),
}
OPPORTUNITIES = {"account_copy", "opportunity", "event"}
FORECAST = {"deal", "deal_version"}
WEBHOOKS = {"feed_event", "webhook_delivery", "webhook_attempt", "parked"}
TELLING = {
    f"{service}.{table}"
    for service, tables in (
        ("leads", LEADS),
        ("opportunities", OPPORTUNITIES),
        ("forecast", FORECAST),
        ("webhooks", WEBHOOKS),
    )
    for table in tables
}
"""Tables that tell of somebody before they are erased."""

MONTHS = "measure={}&grain=month&from=2026-01-01&to=2027-12-31"


@pytest.fixture
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Who has no token."""
    transport = httpx.ASGITransport(await house.api("leads"), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def figures(login: Login) -> list[Any]:
    caller = await login("reporting", "admin")
    asked = (
        "leads_created",
        "leads_converted",
        "visitors",
        "enquiries",
        "feedback_received",
        "visits",
        "surveys_scored",
    )
    answers = [await caller.get(f"/v1/rollups?{MONTHS.format(name)}") for name in asked]
    return [answer.json()["items"] for answer in answers]


async def findings(house: House, tenant: UUID) -> list[tuple[str, int, int]]:
    """What leads' own events, the feed of them and forecast's deals prove: subject, how much is
    wrong or behind."""
    found = []
    leads, webhooks = house.service("leads"), house.service("webhooks")
    async with snapshot(leads) as connection:
        async for each in check_alone(connection, leads, tenant):
            found.append(each)
    compared = [
        (webhooks, leads, mirror)
        for mirror in webhooks.mirrors
        if mirror.table == "feed_event" and mirror.aggregate in leads.metadata.tables
    ]
    forecast, deals = house.service("forecast"), house.service("opportunities")
    compared += [(forecast, deals, each) for each in forecast.mirrors if "deal" in each.table]
    for listener, owner, mirror in compared:
        async with snapshot(listener) as kept, snapshot(owner) as told:
            check = MirrorCheck(mirror, listener.name, owner.name, 4, tenant)
            found.append(await check.run(kept, told))
    return [(each.subject, each.wrong, each.behind) for each in found if each.wrong or each.behind]


async def outside(caller: Caller, feed: Caller, contact: dict[str, Any]) -> str:
    """What those who may see everything are told: lists, search, history, GraphQL, the feed."""
    asked = [
        await caller.get("/v1/contacts"),
        await caller.get(f"/v1/contacts/{contact['id']}/history"),
        await caller.get(f"/v1/contacts?as_of={contact['updated_at']}"),
        await caller.get("/v1/leads?limit=200"),
        await caller.get("/v1/timeline?limit=200&account_id=" + contact["account_id"]),
        await feed.get("/v1/events?limit=1000"),
    ]
    texts = [answer.text for answer in asked]
    query = "{ contacts { edges { node { name email phone title } } } }"
    shown = await caller.graphql("leads", query)
    return "\n".join([*texts, str(shown)])


async def test_nothing_of_somebody_who_was_erased_is_left_anywhere(
    house: House, login: Login, tenant: UUID, anybody: httpx.AsyncClient
) -> None:
    admin, person = await login("leads", "admin"), somebody()
    await house.work("leads", "opportunities", "forecast", "reporting", "webhooks")
    partner = await login("webhooks", "admin")
    hook = (await partner.post("/v1/webhook-endpoints", json=HOOK)).json()
    await partner.post(f"/v1/webhook-endpoints/{hook['id']}/pause")
    contact = await leave_traces(house, admin, anybody, person)
    for listener in ("webhooks", "reporting", "opportunities"):
        await house.caught_up("leads", listener)
    for listener in ("webhooks", "forecast"):
        await house.caught_up("opportunities", listener)
    await park(house, tenant, contact["id"])
    before = await figures(login)
    assert all(before)
    assert await traces(house, person) == TELLING
    assert person.mark in await outside(admin, partner, contact)
    await made(admin, f"/v1/contacts/{contact['id']}/erase", GROUND)
    for listener in ("webhooks", "reporting", "opportunities"):
        await house.caught_up("leads", listener)
    for listener in ("webhooks", "forecast"):
        await house.caught_up("opportunities", listener)
    assert await traces(house, person) == set()
    assert person.mark not in await outside(admin, partner, contact)
    assert await figures(login) == before
    assert await findings(house, tenant) == []


def _forgets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [trace for trace in TRACES if trace.cls is not Enquiry]
    monkeypatch.setattr("services.leads.erasure.commands.TRACES", others)


def _forgets_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeadState, "personal", LeadState.personal - {"desire_note"})
    blanks.cache_clear()  # a worker may have asked meanwhile


def _forgets_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmkit.db.erasing._EMPTY_ANSWERS", "select {0}::text[], {1}::text[]")


@pytest.fixture
def anew() -> Iterator[None]:
    """What was worked out of a state's personal fields is worked out again."""
    blanks.cache_clear()
    yield
    blanks.cache_clear()


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize(
    ("omit", "left"),
    [
        (_forgets_a_table, {"leads.enquiry", "leads.event"}),
        (_forgets_a_field, {"leads.lead", "leads.event", "leads.idempotency"}),
        (_forgets_answers, {"leads.idempotency"}),
    ],
    ids=["table", "field", "answers"],
)
async def test_what_an_erasure_forgets_is_found(
    house: House,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
    omit: Callable[[pytest.MonkeyPatch], None],
    left: set[str],
) -> None:
    admin, person = await login("leads", "admin"), somebody()
    lead = await a_lead_of(admin, person)
    await receive(admin, person)
    omit(monkeypatch)
    await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    assert await traces(house, person, ["leads"]) == left
