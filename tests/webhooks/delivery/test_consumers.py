import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from crmkit.db.pool import Database
from crmkit.events.envelope import Wire
from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.webhooks import bodies
from services.webhooks.feed.consumers import append
from services.webhooks.pruner import Pruner
from services.webhooks.settings import WebhookSettings, knobs
from tests.webhooks.samples import Subscribe, Tell, an_event

DELIVERIES = "/v1/webhook-deliveries"


async def deliveries(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    answer = await caller.get(DELIVERIES, params={"sort": "created_at"} | query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("types", "count"),
    [
        (["*"], 3),
        (["lead.*"], 2),
        (["lead.created.v1"], 1),
        (["lead.created.v1", "contract.*"], 2),
        (["opportunity.*"], 0),
    ],
)
async def test_an_endpoint_is_told_what_it_asked_for(
    types: list[str], count: int, admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    await subscribe(*types)
    kinds = ("lead.created.v1", "lead.qualified.v1", "contract.signed.v1")
    await tell(*(an_event(tenant, kind) for kind in kinds))
    assert len(await deliveries(admin)) == count


async def test_an_event_that_comes_again_is_delivered_once_to_each_endpoint(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    one, other = await subscribe(), await subscribe()
    event = an_event(tenant)
    await tell(event, event)
    await tell(event)
    found = await deliveries(admin, event_id=str(event.id))
    assert {item["endpoint_id"] for item in found} == {one["id"], other["id"]}
    assert len(found) == 2


async def test_what_the_feed_has_had_is_no_news_though_its_delivery_is_forgotten(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, system: Database
) -> None:
    await subscribe()
    known, unheard = an_event(tenant), an_event(tenant)
    await tell(known)
    async with system.system() as connection:
        await connection.execute("delete from webhook_delivery where tenant_id = $1", tenant)
    await tell(known, unheard)
    await tell(known, unheard)
    assert [each["event_id"] for each in await deliveries(admin)] == [str(unheard.id)]


async def test_an_event_that_nobody_applied_is_delivered_when_it_comes_again(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, system: Database
) -> None:
    """The transaction broke after the feed's fold: neither is written."""
    await subscribe()
    event = an_event(tenant)
    async with system.system() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await append.apply(connection, [event])
        await transaction.rollback()
    assert (await admin.get("/v1/events")).json()["items"] == []
    await tell(event)
    assert [each["event_id"] for each in await deliveries(admin)] == [str(event.id)]


async def test_what_was_taken_away_from_the_feed_is_no_news_and_what_came_later_is(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, system: Database
) -> None:
    await subscribe()
    old = an_event(tenant)
    await tell(old)
    pruner = Pruner(WebhookSettings.load().model_copy(update={"webhook_feed_days": 7}))
    while await pruner.prune(system, old.recordedat + timedelta(days=7, microseconds=1)):
        pass
    async with system.system() as connection:
        await connection.execute("delete from webhook_delivery where tenant_id = $1", tenant)
    later = an_event(tenant)
    await tell(old, later)
    assert [each["event_id"] for each in await deliveries(admin)] == [str(later.id)]
    kept = (await admin.get("/v1/events")).json()["items"]
    assert [each["id"] for each in kept] == [str(later.id)]


async def test_a_test_event_older_than_deliveries_are_kept_is_sent_to_nobody(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    endpoint = await subscribe()
    now = an_event(tenant, "endpoint.tested.v1", subject=endpoint["id"])
    keep = timedelta(days=knobs().webhook_keep_days)
    old = replace(now, id=ids.new(), recordedat=now.recordedat - keep)
    await tell(old, now)
    assert [each["event_id"] for each in await deliveries(admin)] == [str(now.id)]


async def test_a_new_endpoint_is_not_told_the_past_when_the_log_is_read_again(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    past = recorded(an_event(tenant), timedelta(hours=-3))
    await subscribe()
    await tell(past)
    assert await deliveries(admin) == []


async def test_an_endpoint_is_told_of_what_a_process_records_whose_clock_is_an_hour_behind(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    await subscribe()
    behind = recorded(an_event(tenant), timedelta(hours=-1))
    await tell(behind)
    assert [each["event_id"] for each in await deliveries(admin)] == [str(behind.id)]


def recorded(event: Wire, difference: timedelta) -> Wire:
    return replace(event, recordedat=event.recordedat + difference)


async def test_what_a_paused_endpoint_misses_waits_for_it_and_a_deleted_one_misses_it(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    paused, deleted = await subscribe(), await subscribe()
    await admin.post(f"/v1/webhook-endpoints/{paused['id']}/pause")
    await admin.delete(f"/v1/webhook-endpoints/{deleted['id']}")
    await tell(an_event(tenant))
    (item,) = await deliveries(admin)
    assert (item["endpoint_id"], item["state"]) == (paused["id"], "paused")


async def test_an_endpoint_hears_no_other_tenant(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, login: Login
) -> None:
    await subscribe()
    stranger = await login("webhooks", "admin", tenant=ids.new())
    theirs = await subscribe(by=stranger)
    await tell(an_event(stranger.actor.tenant_id, need="canary"), an_event(tenant))
    (ours,) = await deliveries(admin)
    (other,) = await deliveries(stranger)
    assert ours["event_id"] != other["event_id"]
    assert other["endpoint_id"] == theirs["id"]
    assert (await stranger.get(f"{DELIVERIES}/{ours['id']}")).status_code == 404
    assert (await stranger.get(f"{DELIVERIES}/{ours['id']}/attempts")).status_code == 404
    assert (await stranger.post(f"{DELIVERIES}/{ours['id']}/replay")).status_code == 404


async def test_a_partners_endpoint_hears_what_the_partner_may_read_and_no_more(
    tenant: UUID, subscribe: Subscribe, tell: Tell, login: Login, system: Any
) -> None:
    partner = await login("webhooks", "partner")
    await subscribe("*", by=partner)
    own: dict[str, Any] = {"owner_id": partner.actor.member_id}
    mine = an_event(tenant, **own)
    await tell(mine, an_event(tenant), an_event(tenant, "contract.signed.v1", **own))
    (item,) = await deliveries(partner)
    assert item["event_id"] == str(mine.id)
    async with system.system() as connection:
        body = await connection.fetchval(
            "select body from webhook_delivery where id = $1", item["id"]
        )
    assert json.loads(body)["data"]["state"]["email"] is None
    assert "@example.cn" not in body


def test_a_body_too_large_goes_without_its_data() -> None:
    event = an_event(ids.new(), need="长" * 30_000)
    thin = json.loads(bodies.fitted(bodies.body(event)))
    assert thin["truncated"] is True
    assert thin["data"]["state"] == {"id": str(event.subject)}
    assert thin["data"]["changed"] == {}
    assert thin["data"]["links"]["record"] == f"/v1/leads/{event.subject}"
    assert thin["id"] == str(event.id)
    small = bodies.body(an_event(ids.new()))
    assert bodies.fitted(small) == small


def test_every_other_service_is_told_and_of_this_one_what_owners_must_know() -> None:
    aggregates = set(bodies.told().values())
    assert {"lead", "opportunity", "contract", "forecast", "member"} <= aggregates
    own = {name for name, aggregate in bodies.told().items() if aggregate == "endpoint"}
    assert own == {"endpoint.failing.v1", "endpoint.recovered.v1", "endpoint.disabled.v1"}
    assert "webhook_delivery" not in aggregates
