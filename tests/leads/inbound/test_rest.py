from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import clock, ids
from crmkit.kernel.keys import hash_of, whose
from crmkit.kernel.sealing import new_secret
from crmkit.kernel.signatures import standard_key
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.inbound.domain import MARK
from services.leads.inbound_pruner import InboundPruner
from services.leads.settings import knobs
from tests.leads.inbound_samples import HUB, MAPPING, PARTNER, Sender, new_endpoint
from tests.leads.samples import hire, made
from tests.stored import stored

ENDPOINTS = "/v1/inbound-endpoints"


async def test_an_endpoint_shows_key_and_secret_once_and_keeps_neither(login: Login) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing)
    key, secret = endpoint.pop("key"), endpoint.pop("secret")
    assert whose(key, MARK) == (marketing.actor.tenant_id, UUID(endpoint["id"]))
    assert standard_key(secret) is not None
    assert (await marketing.get(f"{ENDPOINTS}/{endpoint['id']}")).json() == endpoint
    assert (await marketing.get(ENDPOINTS)).json()["items"] == [endpoint]
    assert [sorted(each) for each in endpoint["secrets"]] == [["created_at", "id", "until"]]
    tables = [
        await stored(marketing, name) for name in ("inbound_endpoint", "event", "idempotency")
    ]
    assert hash_of(key) in tables[0]
    assert not any(shown in table for table in tables for shown in (key, secret))
    assert "sealed" not in tables[1]
    history = await marketing.get(f"{ENDPOINTS}/{endpoint['id']}/history")
    assert hash_of(key) not in history.text


async def test_a_system_may_bring_its_own_secret(login: Login) -> None:
    marketing = await login("leads", "marketing")
    theirs = new_secret()
    assert (await new_endpoint(marketing, secret=theirs))["secret"] == theirs
    hub = await new_endpoint(marketing, **HUB)
    assert (hub["header"], hub["id_header"]) == ("x-hub-signature-256", "x-delivery")
    rotated = await made(
        marketing, f"{ENDPOINTS}/{hub['id']}/secrets/rotate", {"secret": "another-of-twenty!"}
    )
    assert (rotated["secret"], rotated["key"]) == ("another-of-twenty!", None)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"mapping": []}, "/mapping"),
        ({"mapping": [{"field": "owner_id", "pointer": "/a"}]}, "/mapping/0/field"),
        ({"mapping": [{"field": "company", "pointer": "a"}]}, "/mapping/0/pointer"),
        ({"mapping": [{"field": "company", "pointer": "/a~"}]}, "/mapping/0/pointer"),
        ({"mapping": [{"field": "phone", "pointer": "/a"}]}, "/mapping"),
        ({"external_system": "shop"}, "/mapping"),
        ({"secret": "x" * 40}, "/secret"),
        ({"secret": "short"}, "/secret"),
        ({"header": "x-hub"}, "/header"),
        ({"scheme": "hmac_sha256"}, "/header"),
        ({"scheme": "hmac_sha256", "header": "x hub"}, "/header"),
        ({"header_prefix": "a b"}, "/header_prefix"),
        ({"daily_cap": 0}, "/daily_cap"),
        ({"keep_days": 91}, "/keep_days"),
        ({"sealed": {}}, "/sealed"),
    ],
)
async def test_an_endpoint_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    marketing = await login("leads", "marketing")
    answer = await marketing.post(ENDPOINTS, json=PARTNER | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_an_endpoint_is_changed_rotated_and_revoked_for_good(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    endpoint = await new_endpoint(director)
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    path = f"{ENDPOINTS}/{endpoint['id']}"
    changed = await director.patch(
        path, json={"owner_id": str(owner), "keep_days": 1}, headers={"if-match": '"1"'}
    )
    assert (changed.json()["team"], changed.json()["keep_days"]) == ("cn/west", 1)
    fixed = await director.patch(path, json={"scheme": "hmac_sha256"}, headers={"if-match": '"2"'})
    assert fixed.json()["errors"][0]["code"] == "field.unknown"
    before = clock.now()
    rotated = await made(director, f"{path}/rotate", {})
    assert rotated["key"] not in (None, endpoint["key"])
    until = datetime.fromisoformat(rotated["old_hash_until"])
    assert timedelta(0) <= until - before - timedelta(hours=24) < timedelta(minutes=1)
    await made(director, f"{path}/revoke", {})
    for again in ("revoke", "rotate", "secrets/rotate"):
        answer = await director.post(f"{path}/{again}", json={})
        assert (answer.status_code, answer.json()["code"]) == (409, "inbound_endpoint.revoked")
    late = await director.patch(path, json={"name": "x"}, headers={"if-match": '"4"'})
    assert late.json()["code"] == "inbound_endpoint.revoked"
    assert await director.emitted(endpoint["id"]) == [
        "inbound_endpoint.created.v1",
        "inbound_endpoint.updated.v1",
        "inbound_endpoint.rotated.v1",
        "inbound_endpoint.revoked.v1",
    ]


async def test_no_more_than_five_secrets_hold_at_once(login: Login) -> None:
    marketing = await login("leads", "marketing")
    path = f"{ENDPOINTS}/{(await new_endpoint(marketing))['id']}/secrets/rotate"
    for _ in range(4):
        await made(marketing, path, {})
    refused = await marketing.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "inbound_endpoint.secrets")
    alone = await made(marketing, path, {"overlap_hours": 0})
    assert len(alone["secrets"]) == 1


async def test_without_the_key_that_seals_there_are_no_endpoints(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketing = await login("leads", "marketing")
    monkeypatch.setenv("CRM_WEBHOOK_KEY", "")
    knobs.cache_clear()
    try:
        answer = await marketing.post(ENDPOINTS, json=PARTNER)
    finally:
        knobs.cache_clear()
    assert (answer.status_code, answer.json()["code"]) == (503, "webhook.key")


async def test_a_twin_is_answered_without_key_and_secret(login: Login) -> None:
    marketing = await login("leads", "marketing")
    headers = {"idempotency-key": "one"}
    first = await marketing.post(ENDPOINTS, json=PARTNER, headers=headers)
    twin = await marketing.post(ENDPOINTS, json=PARTNER, headers=headers)
    assert twin.json() == first.json() | {"key": None, "secret": None}


async def test_what_was_sent_is_kept_for_so_many_days_and_its_name_for_ever(
    house: House, login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    sender = Sender(anybody, await new_endpoint(marketing, keep_days=1))
    await sender.send(message_id="done")
    await sender.send({"name": "x"}, message_id="refused")
    pruner = InboundPruner(house.settings("leads"))
    system = await house.system("leads")
    await pruner.prune(system, clock.now() + timedelta(hours=23))
    found = (await marketing.get("/v1/inbound-messages?sort=created_at")).json()["items"]
    assert all(message["body"] and message["headers"] for message in found)
    await pruner.prune(system, clock.now() + timedelta(hours=25))
    emptied = (await marketing.get("/v1/inbound-messages?sort=created_at")).json()["items"]
    assert emptied == [message | {"body": None, "headers": {}} for message in found]
    again = await marketing.post(f"/v1/inbound-messages/{found[1]['id']}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "inbound_message.raw_gone")
    assert (await sender.send(message_id="done")).status_code == 202
    assert len((await marketing.get("/v1/leads")).json()["items"]) == 1


async def test_endpoints_and_messages_are_kept_by_graphql_too(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    create = """mutation ($new: InboundEndpointCreateInput!) {
      made: createInboundEndpoint(input: $new) {
        ... on InboundEndpointKey { id key secret scheme dailyCap mapping } } }"""
    new = {"name": "Shop", "source": "shop", "mapping": [{"field": "company", "pointer": "/a"}]}
    made = (await marketing.graphql("leads", create, new=new))["data"]["made"]
    assert (made["scheme"], made["dailyCap"]) == ("STANDARD", 5000)
    sender = Sender(anybody, made | {"scheme": "standard"})
    assert (await sender.send({"b": "Acme"})).status_code == 422
    change = """
    mutation ($id: UUID!) {
      updateInboundEndpoint(id: $id, expectedVersion: 1, input: {
        mapping: [{field: "company", pointer: "/b"}]}) { ... on InboundEndpoint { mapping } }
      rotateInboundKey(id: $id, input: {overlapHours: 0}) {
        ... on InboundEndpointKey { key secret oldHashUntil } }
      rotateInboundSecret(id: $id, input: {}) { ... on InboundEndpointKey { key secret } }
      revokeInboundEndpoint(id: $id) { ... on InboundEndpoint { version } }
    }
    """
    told = (await marketing.graphql("leads", change, id=made["id"]))["data"]
    assert told["rotateInboundKey"].pop("key").startswith(MARK)
    assert told["rotateInboundKey"] == {"secret": None, "oldHashUntil": None}
    assert told["rotateInboundSecret"]["secret"].startswith("whsec_")
    assert told["revokeInboundEndpoint"] == {"version": 5}
    ask = """{ inboundEndpoints(first: 2) { nodes { days { taken unsigned } owner { id }
      messages(first: 2) { nodes { id status body endpoint { id } lead { id } } } } } }"""
    shown = (await marketing.graphql("leads", ask))["data"]["inboundEndpoints"]["nodes"]
    (message,) = shown[0]["messages"]["nodes"]
    assert shown[0]["days"] == [{"taken": 1, "unsigned": 0}]
    assert (message["status"], message["lead"]) == ("REFUSED", None)
    replay = """mutation ($id: UUID!) { again: replayInboundMessage(id: $id) {
      ... on InboundMessage { status lead { company } } ... on Problem { code } } }"""
    again = await marketing.graphql("leads", replay, id=message["id"])
    assert again["data"]["again"] == {"status": "ACCEPTED", "lead": {"company": "Acme"}}
    twice = await marketing.graphql("leads", replay, id=message["id"])
    assert twice["data"]["again"] == {"code": "lifecycle.illegal"}


async def test_a_campaign_of_nobody_is_no_endpoints(login: Login) -> None:
    marketing = await login("leads", "marketing")
    answer = await marketing.post(ENDPOINTS, json=PARTNER | {"campaign_id": str(ids.new())})
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign.not_found")


async def test_who_has_endpoints_of_a_team_makes_none_that_changes_leads_of_others(
    login: Login,
) -> None:
    mapping = [*MAPPING, {"field": "external_id", "pointer": "/id"}]
    upserts = PARTNER | {"external_system": "shop", "mapping": mapping}
    manager, marketing = await login("leads", "sales_manager"), await login("leads", "marketing")
    assert (await marketing.post(ENDPOINTS, json=upserts)).status_code == 201
    own = (await manager.post(ENDPOINTS, json=PARTNER)).json()
    path, headers = f"{ENDPOINTS}/{own['id']}", {"if-match": '"1"'}
    wanted = {"external_system": "shop", "mapping": mapping}
    for answer in (
        await manager.post(ENDPOINTS, json=upserts),
        await manager.patch(path, json=wanted, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "inbound.changes_all")
