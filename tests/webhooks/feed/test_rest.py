from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.webhooks.samples import Tell, an_event


async def read(caller: Caller, **query: Any) -> dict[str, Any]:
    answer = await caller.get("/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_an_event_is_told_once_however_often_it_arrives(
    admin: Caller, tenant: UUID, tell: Tell
) -> None:
    event = an_event(tenant)
    await tell(event, event)
    await tell(event)
    (item,) = (await read(admin))["items"]
    assert item["id"] == str(event.id)
    assert item["type"] == "lead.created.v1"
    assert item["data"]["state"]["email"] == "wang@example.cn"
    assert datetime.fromisoformat(item["recordedat"]) == event.recordedat


async def test_what_only_the_broker_needs_is_not_told(
    admin: Caller, tenant: UUID, tell: Tell
) -> None:
    await tell(an_event(tenant))
    (item,) = (await read(admin))["items"]
    assert not {"position", "previous", "traceparent"} & item.keys()


async def test_the_feed_is_read_page_by_page_in_the_order_of_arrival(
    admin: Caller, tenant: UUID, tell: Tell
) -> None:
    events = [an_event(tenant) for _ in range(5)]
    await tell(*events[:3])
    await tell(*events[3:])
    seen: list[str] = []
    cursor = "0"
    for _ in range(3):
        page = await read(admin, after=cursor, limit=2)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [str(event.id) for event in events]
    assert await read(admin, after=cursor) == {"items": [], "next_cursor": cursor, "more": False}


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ("lead.*", ["lead.created.v1"]),
        ("opportunity.won.v1", ["opportunity.won.v1"]),
        ("lead.created.v1,contract.*", ["lead.created.v1", "contract.signed.v1"]),
        ("*", ["lead.created.v1", "opportunity.won.v1", "contract.signed.v1"]),
        ("lead.updated.v1", []),
    ],
)
async def test_the_feed_is_filtered_by_type(
    types: str, told: list[str], admin: Caller, tenant: UUID, tell: Tell
) -> None:
    for kind in ("lead.created.v1", "opportunity.won.v1", "contract.signed.v1"):
        await tell(an_event(tenant, kind))
    assert [item["type"] for item in (await read(admin, types=types))["items"]] == told


async def test_the_feed_is_filtered_by_aggregate(admin: Caller, tenant: UUID, tell: Tell) -> None:
    event = an_event(tenant)
    await tell(event, an_event(tenant))
    (item,) = (await read(admin, aggregate_id=event.subject))["items"]
    assert item["subject"] == str(event.subject)


@pytest.mark.parametrize(
    "query",
    [
        {"types": "leads.*"},
        {"types": ""},
        {"limit": "0"},
        {"limit": "201"},
        {"after": "-1"},
        {"after": str(2**63)},
        {"aggregate_id": "x"},
        {"unknown": "1"},
    ],
)
async def test_a_question_the_feed_cannot_answer_is_refused(
    query: dict[str, str], admin: Caller
) -> None:
    assert (await admin.get("/v1/events", params=query)).status_code in (400, 422)


async def test_another_tenant_sees_nothing(tenant: UUID, login: Login, tell: Tell) -> None:
    await tell(an_event(tenant))
    stranger = await login("webhooks", "admin", tenant=ids.new())
    assert (await read(stranger))["items"] == []


async def test_a_partner_sees_their_own_leads_and_opportunities_without_personal_data(
    tenant: UUID, login: Login, tell: Tell
) -> None:
    partner = await login("webhooks", "partner")
    own: dict[str, Any] = {"owner_id": partner.actor.member_id}
    theirs = [an_event(tenant, kind, **own) for kind in ("lead.created.v1", "opportunity.won.v1")]
    await tell(*theirs, an_event(tenant), an_event(tenant, "contract.signed.v1", **own))
    items = (await read(partner))["items"]
    assert [item["id"] for item in items] == [str(event.id) for event in theirs]
    for item in items:
        assert item["data"]["state"]["email"] is None
        assert item["data"]["state"]["phone"] is None
        assert item["data"]["changed"] == {"need": ["", "more"]}


async def test_the_auditor_sees_everything(tenant: UUID, login: Login, tell: Tell) -> None:
    await tell(an_event(tenant), an_event(tenant, "contract.signed.v1"))
    assert len((await read(await login("webhooks", "auditor")))["items"]) == 2


async def test_a_seller_may_not_read_the_feed(login: Login) -> None:
    seller = await login("webhooks", "sales_rep")
    assert (await seller.get("/v1/events")).status_code == 403


async def test_graphql_tells_the_same(admin: Caller, tenant: UUID, tell: Tell) -> None:
    event = an_event(tenant)
    await tell(event)
    asked = "query($t: [String!]) { events(types: $t) { nextCursor items { id cursor data } } }"
    answer = await admin.graphql("webhooks", asked, t=["lead.*"])
    (item,) = answer["data"]["events"]["items"]
    assert item["id"] == str(event.id)
    assert item["cursor"] == answer["data"]["events"]["nextCursor"]
    assert item["data"]["state"]["phone"] == "+86 21 5555 0101"
    refused = await admin.graphql("webhooks", '{ events(after: "x") { nextCursor } }')
    assert refused["errors"][0]["extensions"]["code"] == "cursor.invalid"
