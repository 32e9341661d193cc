"""Webhooks that call ourselves: refused as they are saved, and again as they are told."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import clock
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.webhooks.addresses import BadUrl, Rules
from services.webhooks.dispatcher import Dispatcher
from services.webhooks.settings import WebhookSettings, knobs
from tests.hostile.cases_doors import GRAPHQL, REST
from tests.hostile.doors import told_by, told_by_graphql
from tests.leads.inbound_samples import new_endpoint
from tests.leads.samples import leads_of, made, new_lead
from tests.serving import served

_BODY = {"name": "Loop", "types": ["lead.created.v1"]}
_DELIVERIES = "/v1/webhook-deliveries"
_SHOWN = "{ __typename ... on Problem { code httpStatus errors { code } } }"
_MAPPING = [
    {"field": "company", "pointer": "/data/state/company"},
    {"field": "contact_name", "default": "Loop"},
]


@pytest.fixture
def inward(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A house whose webhooks may go to this machine."""
    monkeypatch.setenv("CRM_WEBHOOK_ALLOW_PRIVATE", "127.0.0.0/8")
    knobs.cache_clear()
    yield monkeypatch
    knobs.cache_clear()


def own(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CRM_WEBHOOK_OWN_HOSTS", urlsplit(url).netloc)
    knobs.cache_clear()


async def asked_of(door: str, admin: Caller, url: str, **headers: str) -> str:
    if door == REST:
        body = _BODY | {"url": url}
        answer = await admin.post("/v1/webhook-endpoints", json=body, headers=headers)
        return told_by(answer).told
    new = f'{{name: "Loop", types: ["lead.created.v1"], url: "{url}"}}'
    query = f"mutation {{ createWebhookEndpoint(input: {new}) {_SHOWN} }}"
    answer = await admin.post("/graphql/webhooks", json={"query": query}, headers=headers)
    return told_by_graphql(answer).told


@pytest.mark.parametrize("door", [REST, GRAPHQL])
async def test_an_endpoint_at_our_own_door_is_refused(
    login: Login, inward: pytest.MonkeyPatch, door: str
) -> None:
    """By the name that the caller called, and by the names the house was told."""
    admin = await login("webhooks", "admin")
    here, there = "https://crm.example.com/v1/inbound/x", "https://other.example.com/x"
    called = {"host": "crm.example.com"}
    assert await asked_of(door, admin, here, **called) == "422 endpoint.url"
    own(inward, here)
    assert await asked_of(door, admin, here) == "422 endpoint.url"
    assert await asked_of(door, admin, there, **called) == ("201" if door == REST else "200")


def test_only_our_own_names_are_ours() -> None:
    rules = Rules(production=True, own=frozenset({"crm.example.com", "one.example.com:8443"}))
    for url in ("https://crm.example.com/", "https://CRM.example.com:8443/"):
        with pytest.raises(BadUrl):
            rules.demand_url(url)
    with pytest.raises(BadUrl):
        rules.demand_url("https://one.example.com:8443/")
    rules.demand_url("https://one.example.com/")


@pytest_asyncio.fixture(loop_scope="session")
async def door(house: House) -> AsyncIterator[str]:
    async with served(await house.api("leads")) as there:
        yield there


@pytest.mark.parametrize("known", [True, False], ids=["ours", "as if it were another's"])
async def test_what_points_at_us_by_then_is_not_told(
    house: House,
    login: Login,
    tenant: UUID,
    inward: pytest.MonkeyPatch,
    door: str,
    known: bool,
) -> None:
    """Saved before the house knew its own name; where it does not, a lead makes a lead."""
    await house.work("leads", "webhooks")
    admin, seller = await login("webhooks", "admin"), await login("leads", "admin")
    hook = await new_endpoint(seller, mapping=_MAPPING)
    url = f"{door}/v1/inbound/{hook['key']}"
    endpoint = await made(admin, "/v1/webhook-endpoints", _BODY | {"url": url})
    secret = {"secret": endpoint["secret"]}
    await made(seller, f"/v1/inbound-endpoints/{hook['id']}/secrets/rotate", secret)
    if known:
        own(inward, door)
    lead = await new_lead(seller, company="Round")
    await house.caught_up("leads", "webhooks")
    dispatcher = Dispatcher(WebhookSettings.load())
    executor, system = await house.executor("webhooks"), await house.system("webhooks")

    async def tried() -> bool:
        await dispatcher.dispatch(executor, system, clock.now())
        (delivery,) = await deliveries(admin, lead["id"])
        return delivery["state"] != "pending"

    try:
        await until(tried)
    finally:
        await dispatcher.client.aclose()
        await admin.delete(f"/v1/webhook-endpoints/{endpoint['id']}")
    (delivery,) = await deliveries(admin, lead["id"])
    rounds = [each["company"] for each in await leads_of(seller)]
    if known:
        assert (delivery["state"], delivery["last_error"]) == ("exhausted", "blocked_address")
        assert rounds == ["Round"]
    else:
        assert delivery["state"] == "delivered"
        assert rounds == ["Round", "Round"]


async def deliveries(admin: Caller, lead: str) -> list[dict[str, str]]:
    answer = await admin.get(_DELIVERIES, params={"aggregate_id": lead})
    found: list[dict[str, str]] = answer.json()["items"]
    return found
