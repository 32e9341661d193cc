import json
from typing import Any
from uuid import UUID

import pytest

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event

ENDPOINTS = "/v1/webhook-endpoints"
BODY = {"name": "ERP", "url": "http://127.0.0.1:9000/", "types": ["opportunity.*"]}


async def heard_ids(receiver: Receiver, turn: Turn) -> list[str]:
    await turn.until_quiet()
    return sorted(json.loads(body)["data"]["state"]["status"] for _, body in receiver.heard)


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ([], ["lost", "open", "won"]),
        ([{"field": "status", "in": ["won", "lost"]}], ["lost", "won"]),
        ([{"field": "status", "not_in": ["open"]}], ["lost", "won"]),
        ([{"changed": "stage"}], ["open"]),
        ([{"changed": "stage"}, {"field": "status", "in": ["won"]}], []),
        ([{"field": "probability", "in": [100]}], ["won"]),
        ([{"field": "contract_id", "in": [None]}], ["open", "won"]),
        ([{"field": "source", "not_in": ["web"]}], []),
    ],
)
async def test_an_endpoint_is_told_what_its_filters_let_through(
    filters: list[dict[str, Any]],
    told: list[str],
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    await subscribe("opportunity.*", filters=filters)
    for kind, status, probability, contract, changed in (
        ("opportunity.won.v1", "won", 100, None, "status"),
        ("opportunity.lost.v1", "lost", 0, "019ab5e7-0000-7000-8000-000000000001", "status"),
        ("opportunity.stage_changed.v1", "open", 50, None, "stage"),
    ):
        state: dict[str, Any] = {
            "status": status,
            "probability": probability,
            "contract_id": contract,
        }
        await tell(an_event(tenant, kind, **state, changed={changed: ["", status]}))
    assert await heard_ids(receiver, turn) == told


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ([{"field": "colour", "in": ["red"]}], "/filters/0/field"),
        ([{"changed": "stage"}, {"changed": "colour"}], "/filters/1/changed"),
        ([{"field": "probability", "in": ["much"]}], "/filters/0/in"),
        ([{"field": "status"}], "/filters/0"),
        ([{"field": "status", "in": ["won"], "not_in": ["lost"]}], "/filters/0"),
        ([{"field": "status", "in": ["won"], "changed": "stage"}], "/filters/0"),
        ([{"changed": "stage", "in": ["won"]}], "/filters/0"),
        ([{}], "/filters/0"),
        ([{"field": "status", "in": []}], "/filters/0/in"),
        ([{"field": "status", "in": [1.5]}], "/filters/0/in"),
        ([{"field": "status", "like": "w%"}], "/filters/0/like"),
        ([{"changed": "stage"}] * 11, "/filters"),
    ],
)
async def test_a_filter_that_says_nothing_clear_is_refused_where_it_stands(
    filters: list[Any], pointer: str, admin: Caller
) -> None:
    answer = await admin.post(ENDPOINTS, json=BODY | {"filters": filters})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_a_filter_must_fit_the_types_that_stand_after_a_change(
    admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe("opportunity.*", filters=[{"changed": "stage"}])
    path = f"{ENDPOINTS}/{made['id']}"
    refused = await admin.patch(path, json={"types": ["lead.*"]}, headers={"if-match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "endpoint.filters")
    patch = {"types": ["lead.*"], "filters": []}
    changed = await admin.patch(path, json=patch, headers={"if-match": '"1"'})
    assert changed.json()["filters"] == []


async def test_a_partner_cannot_guess_by_a_filter_what_is_masked(login: Login) -> None:
    partner = await login("webhooks", "partner")
    asked = BODY | {"types": ["lead.*"], "filters": [{"field": "email", "in": ["a@b.cn"]}]}
    refused = await partner.post(ENDPOINTS, json=asked)
    assert refused.json()["code"] == "endpoint.filters"


async def test_a_thin_payload_has_ids_version_and_links_and_no_data(
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    await subscribe("lead.*", payload="thin")
    event = an_event(tenant, version=4)
    await tell(event)
    await turn()
    ((headers, body),) = receiver.heard
    told = json.loads(body)
    assert (told["id"], told["type"]) == (headers["webhook-id"], "lead.created.v1")
    links = told["data"].pop("links")
    assert told["data"] == {"id": str(event.subject), "version": 4}
    assert links["record"] == f"/v1/leads/{event.subject}"
    assert "example.cn" not in body
    (whole,) = (await admin.get(links["event"])).json()["items"]
    assert whole["data"]["state"]["email"] == "wang@example.cn"


async def test_graphql_takes_and_shows_payload_filters_and_order(admin: Caller) -> None:
    make = """mutation($i: WebhookEndpointCreateInput!) { createWebhookEndpoint(input: $i) {
        ... on WebhookEndpointSecret { payload ordered filters }
        ... on Problem { code errors { pointer } } } }"""
    more: dict[str, Any] = {"payload": "THIN", "ordered": True}
    filters = [{"field": "status", "in": ["won"]}]
    made = await admin.graphql("webhooks", make, i=BODY | more | {"filters": filters})
    assert made["data"]["createWebhookEndpoint"] == more | {"filters": filters}
    bad = await admin.graphql("webhooks", make, i=BODY | {"filters": [{"changed": "colour"}]})
    assert bad["data"]["createWebhookEndpoint"]["code"] == "endpoint.filters"
