from typing import Any
from uuid import UUID

import pytest

from crmkit.db.pool import Database
from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.webhooks.settings import WebhookSettings, knobs
from tests.webhooks.samples import Subscribe

ENDPOINTS = "/v1/webhook-endpoints"
BODY = {"name": "ERP", "url": "http://127.0.0.1:9000/", "types": ["lead.*"]}


async def test_the_secret_is_shown_once_and_kept_sealed(
    admin: Caller, subscribe: Subscribe, system: Database
) -> None:
    made = await subscribe("lead.*")
    assert made["secret"].startswith("whsec_")
    read = await admin.get(f"{ENDPOINTS}/{made['id']}")
    assert "secret" not in read.json()
    history = await admin.get(f"{ENDPOINTS}/{made['id']}/history")
    assert made["secret"] not in history.text
    async with system.system() as connection:
        kept = await connection.fetchval("select sealed from endpoint where id = $1", made["id"])
    (sealed,) = kept.values()
    assert sealed not in history.text + read.text
    assert made["secret"] not in sealed


async def test_the_same_key_is_answered_with_the_same_secret(admin: Caller) -> None:
    headers = {"idempotency-key": "endpoint-1"}
    one = await admin.post(ENDPOINTS, json=BODY, headers=headers)
    again = await admin.post(ENDPOINTS, json=BODY, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == one.json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://10.0.0.1/"),
        ("url", "http://localhost.localdomain.local/"),
        ("url", "ftp://erp.example.com/"),
        ("url", ""),
        ("types", []),
        ("types", ["leads.*"]),
        ("types", ["endpoint.tested.v1"]),
        ("types", ["lead.created.v2"]),
        ("types", ["*"] * 51),
        ("name", ""),
        ("secret", "whsec_mine"),
    ],
)
async def test_an_endpoint_that_cannot_be_told_is_refused(
    field: str, value: Any, admin: Caller
) -> None:
    answer = await admin.post(ENDPOINTS, json=BODY | {field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")


async def test_an_endpoint_is_changed_under_the_same_rules(
    admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe("lead.*")
    path, headers = f"{ENDPOINTS}/{made['id']}", {"if-match": '"1"'}
    for bad in ({"url": "http://192.168.1.1/"}, {"types": ["nothing.*"]}):
        assert (await admin.patch(path, json=bad, headers=headers)).status_code == 422
    patch = {"name": "ERP 2", "types": ["opportunity.won.v1", "lead.*", "lead.*"]}
    changed = (await admin.patch(path, json=patch, headers=headers)).json()
    assert changed["name"] == "ERP 2"
    assert changed["types"] == ["lead.*", "opportunity.won.v1"]
    assert changed["url"] == made["url"]
    assert (await admin.patch(path, json=patch, headers=headers)).status_code == 412
    assert (await admin.patch(path, json=patch)).status_code == 428


async def test_an_endpoint_pauses_resumes_is_tested_and_goes(
    admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await admin.post(f"{path}/pause")).json()["status"] == "paused"
    assert (await admin.post(f"{path}/pause")).status_code == 409
    assert (await admin.post(f"{path}/test")).json()["code"] == "endpoint.not_active"
    assert (await admin.post(f"{path}/resume")).json()["status"] == "active"
    assert (await admin.post(f"{path}/test")).json()["tested_at"] is not None
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert await admin.emitted(made["id"]) == [
        "endpoint.created.v1",
        "endpoint.updated.v1",
        "endpoint.updated.v1",
        "endpoint.tested.v1",
        "endpoint.deleted.v1",
    ]


async def test_a_rotated_secret_is_new_and_the_old_one_ends(
    admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}/rotate-secret"
    rotated = (await admin.post(path, json={"overlap_hours": 1})).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    at_once = (await admin.post(path, json={"overlap_hours": 0})).json()
    assert at_once["old_secret_until"] is None
    assert (await admin.post(path, json={"overlap_hours": 169})).status_code == 422


async def test_endpoints_are_listed_and_searched(admin: Caller, subscribe: Subscribe) -> None:
    made = await subscribe()
    listed = (await admin.get(ENDPOINTS, params={"status": "active", "q": "er"})).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    assert (await admin.get(ENDPOINTS, params={"status": "paused"})).json()["items"] == []
    assert (await admin.get(ENDPOINTS, params={"secret": "x"})).status_code == 400


async def test_another_tenant_finds_no_endpoint_of_ours(login: Login, subscribe: Subscribe) -> None:
    made = await subscribe()
    stranger = await login("webhooks", "admin", tenant=ids.new())
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await stranger.get(ENDPOINTS)).json()["items"] == []
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/rotate-secret", json={})).status_code == 404
    assert (await stranger.delete(path)).status_code == 404


async def test_a_partner_keeps_their_own_endpoints_and_no_others(
    login: Login, subscribe: Subscribe
) -> None:
    partner, other = await login("webhooks", "partner"), await login("webhooks", "partner")
    made = await subscribe(by=partner)
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await partner.post(f"{path}/pause")).status_code == 200
    assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{path}/resume")).status_code == 404
    assert (await other.get(ENDPOINTS)).json()["items"] == []


@pytest.mark.parametrize(("role", "status"), [("sales_rep", 403), ("auditor", 403)])
async def test_others_make_no_endpoints(role: str, status: int, login: Login) -> None:
    caller = await login("webhooks", role)
    assert (await caller.post(ENDPOINTS, json=BODY)).status_code == status


async def test_without_a_key_no_endpoint_is_made(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_WEBHOOK_KEY", "")
    knobs.cache_clear()
    assert (await admin.post(ENDPOINTS, json=BODY)).status_code == 503


def test_production_knows_no_private_addresses() -> None:
    with pytest.raises(ValueError, match="ALLOW_PRIVATE"):
        WebhookSettings(production=True, webhook_allow_private="127.0.0.0/8")


async def test_graphql_makes_rotates_and_deletes(admin: Caller, tenant: UUID) -> None:
    make = """mutation($i: WebhookEndpointCreateInput!) { createWebhookEndpoint(input: $i) {
        ... on WebhookEndpointSecret { id secret status }
        ... on Problem { code errors { pointer } } } }"""
    made = await admin.graphql("webhooks", make, i=BODY)
    endpoint = made["data"]["createWebhookEndpoint"]
    assert endpoint["secret"].startswith("whsec_")
    refused = await admin.graphql("webhooks", make, i=BODY | {"url": "http://10.0.0.1/"})
    assert refused["data"]["createWebhookEndpoint"]["code"] == "endpoint.url"
    rotate = """mutation($id: UUID!) { rotateWebhookSecret(id: $id, input: {overlapHours: 0}) {
        ... on WebhookEndpointSecret { secret } } }"""
    rotated = await admin.graphql("webhooks", rotate, id=endpoint["id"])
    assert rotated["data"]["rotateWebhookSecret"]["secret"] != endpoint["secret"]
    listed = await admin.graphql("webhooks", "{ webhookEndpoints { nodes { id types } } }")
    assert listed["data"]["webhookEndpoints"]["nodes"] == [
        {"id": endpoint["id"], "types": ["lead.*"]}
    ]
    delete = "mutation($id: UUID!) { deleteWebhookEndpoint(id: $id) { __typename } }"
    gone = await admin.graphql("webhooks", delete, id=endpoint["id"])
    assert gone["data"]["deleteWebhookEndpoint"] == {"__typename": "WebhookEndpoint"}
