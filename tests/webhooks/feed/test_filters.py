from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.webhooks.feed import queries
from tests.webhooks.samples import Tell, an_event


async def read(caller: Caller, **query: Any) -> list[str]:
    answer = await caller.get("/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    return [item["data"]["state"]["stage"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "stages"),
    [
        ({"field": "stage", "value": "open"}, ["open"]),
        ({"field": "stage", "value": "open,won"}, ["open", "won"]),
        ({"field": "probability", "value": "10"}, ["open"]),
        ({"changed": "stage"}, ["won"]),
        ({"changed": "stage", "field": "probability", "value": "10"}, []),
        ({"types": "lead.*", "field": "status", "value": "new"}, []),
    ],
)
async def test_the_feed_is_filtered_by_field(
    query: dict[str, str], stages: list[str], admin: Caller, tenant: UUID, tell: Tell
) -> None:
    kind = "opportunity.updated.v1"
    await tell(
        an_event(tenant, kind, stage="open", probability=10, changed={"name": ["", "x"]}),
        an_event(tenant, kind, stage="won", probability=100, changed={"stage": ["open", "won"]}),
    )
    assert await read(admin, **query) == stages


async def test_the_feed_is_filtered_by_time_and_by_id(
    admin: Caller, tenant: UUID, tell: Tell
) -> None:
    event = an_event(tenant, stage="open")
    await tell(event, an_event(tenant, stage="won"))
    assert await read(admin, event_id=str(event.id)) == ["open"]
    before, after = (clock.now() + timedelta(hours=n) for n in (-1, 1))
    for column in ("recorded_at", "occurred_at"):
        known = {f"{column}_gte": before.isoformat(), f"{column}_lt": after.isoformat()}
        assert await read(admin, **known) == ["open", "won"]
        assert await read(admin, **{f"{column}_gte": after.isoformat()}) == []
        assert await read(admin, **{f"{column}_lt": before.isoformat()}) == []


@pytest.mark.parametrize(
    "query",
    [
        {"field": "stage"},
        {"value": "open"},
        {"field": "colour", "value": "red"},
        {"field": "probability", "value": "much"},
        {"changed": "colour"},
        {"types": "lead.*", "changed": "probability"},
        {"recorded_at_gte": "yesterday"},
    ],
)
async def test_a_filter_that_cannot_hold_is_refused(query: dict[str, str], admin: Caller) -> None:
    assert (await admin.get("/v1/events", params=query)).status_code in (400, 422)


async def test_a_partner_cannot_ask_for_what_is_masked(login: Login) -> None:
    partner = await login("webhooks", "partner")
    asked = {"types": "lead.*", "field": "email", "value": "wang@example.cn"}
    assert (await partner.get("/v1/events", params=asked)).status_code == 400


async def test_a_filter_that_finds_little_is_looked_for_window_by_window(
    admin: Caller, tenant: UUID, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_WINDOW", 3)
    monkeypatch.setattr(queries, "_PATIENCE_SECONDS", -1)
    await tell(*(an_event(tenant) for _ in range(7)))
    rare = an_event(tenant, "opportunity.won.v1")
    await tell(rare, an_event(tenant))
    pages, after, seen = 0, "0", []
    while True:
        query = {"types": "opportunity.*", "after": after}
        page = (await admin.get("/v1/events", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        pages, after = pages + 1, page["next_cursor"]
        if not page["more"]:
            break
    assert seen == [str(rare.id)]
    assert pages == 4


async def test_an_empty_window_is_passed_over_within_one_answer(
    admin: Caller, tenant: UUID, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_WINDOW", 2)
    await tell(*(an_event(tenant, stage="x") for _ in range(5)))
    await tell(an_event(tenant, "opportunity.won.v1", stage="won"))
    assert await read(admin, types="opportunity.*") == ["won"]


async def test_graphql_filters_alike(admin: Caller, tenant: UUID, tell: Tell) -> None:
    kind = "opportunity.updated.v1"
    await tell(an_event(tenant, kind, stage="open"), an_event(tenant, kind, stage="won"))
    asked = "query($f: FeedFilterInput) { events(filter: $f) { more items { data } } }"
    answer = await admin.graphql("webhooks", asked, f={"field": "stage", "value": "won"})
    (item,) = answer["data"]["events"]["items"]
    assert item["data"]["state"]["stage"] == "won"
    refused = await admin.graphql("webhooks", asked, f={"field": "stage"})
    assert refused["errors"][0]["extensions"]["code"] == "invalid"
