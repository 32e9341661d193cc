import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from crmkit.kernel import clock
from crmkit.testing.house import Caller, House, until
from services.webhooks import leases
from services.webhooks.delivery.domain import SCHEDULE
from services.webhooks.dispatcher import AT_ONCE, Dispatcher
from tests.webhooks.samples import (
    DELIVERIES,
    Receiver,
    Subscribe,
    Tell,
    Turn,
    an_event,
    answer,
    only,
)

ENDPOINTS = "/v1/webhook-endpoints"


async def tries(caller: Caller) -> list[dict[str, Any]]:
    answer = await caller.get(f"{DELIVERIES}/{(await only(caller))['id']}/attempts")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_delivery_is_signed_as_the_standard_says(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    event = an_event(tenant, need="要报价 “ü”")
    await tell(event)
    await turn()
    ((headers, body),) = receiver.heard
    told = Webhook(endpoint["secret"]).verify(body, headers)
    assert told["id"] == headers["webhook-id"] == str(event.id)
    assert told["data"]["state"]["need"] == "要报价 “ü”"
    assert headers["content-type"] == "application/json"
    assert "webhook-replay" not in headers
    delivery = await only(admin)
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == (
        "delivered",
        1,
        204,
    )
    assert delivery["delivered_at"] is not None


async def test_both_secrets_sign_until_the_old_one_ends(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    old = await subscribe()
    path = f"{ENDPOINTS}/{old['id']}/rotate-secret"
    new = (await admin.post(path, json={"overlap_hours": 1})).json()
    await tell(an_event(tenant))
    await turn()
    headers, body = receiver.heard.pop()
    for secret in (old["secret"], new["secret"]):
        Webhook(secret).verify(body, headers)
    await tell(an_event(tenant))
    await turn(hours=2)
    headers, body = receiver.heard.pop()
    (signature,) = headers["webhook-signature"].split()
    assert signature == Webhook(new["secret"]).sign(headers["webhook-id"], turn.now, body)


async def test_a_failure_is_tried_again_in_time_under_the_same_id_and_with_the_same_body(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    receiver.answers = [answer(500, b"no"), answer(503, retry_after="600")]
    await tell(an_event(tenant))
    await turn()
    await turn(seconds=3)
    assert len(receiver.heard) == 1
    await turn(seconds=4)
    assert len(receiver.heard) == 2
    await turn(seconds=599)
    assert len(receiver.heard) == 2
    await turn(seconds=2)
    assert len(receiver.heard) == 3
    assert len({(headers["webhook-id"], body) for headers, body in receiver.heard}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.heard}) == 3
    assert [(t["status"], t["error"], t["answer"]) for t in await tries(admin)] == [
        (500, "status 500", "no"),
        (503, "status 503", ""),
        (204, "", ""),
    ]


async def test_what_fails_fifteen_times_is_given_up_and_an_endpoint_that_takes_others_goes_on(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    hated = an_event(tenant)
    await tell(hated)
    receiver.refused = {str(hated.id)}
    for wait in SCHEDULE:
        await turn(seconds=wait.total_seconds() * 1.21)
        await tell(an_event(tenant))
        await turn()
    (given_up,) = (await admin.get(DELIVERIES, params={"state": "exhausted"})).json()["items"]
    assert (given_up["event_id"], given_up["attempts"]) == (str(hated.id), 15)
    shown = (await admin.get(f"{ENDPOINTS}/{endpoint['id']}")).json()
    assert shown["status"] == "active"


async def test_five_days_of_nothing_but_failures_disable_and_nothing_that_waits_is_lost(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    path = f"{ENDPOINTS}/{endpoint['id']}"
    receiver.answers = [answer(500)] * 100
    for wait in SCHEDULE:
        await tell(an_event(tenant))
        await turn(seconds=wait.total_seconds() * 1.21)
    shown = (await admin.get(path)).json()
    assert shown["status"] == "disabled"
    assert "five days" in shown["disabled_reason"]
    receiver.answers = []
    receiver.heard.clear()
    assert (await admin.post(f"{path}/resume")).json()["notice"] == ""
    for _ in range(6):
        await turn(days=2)
    states = {item["state"] for item in (await admin.get(DELIVERIES)).json()["items"]}
    assert states == {"delivered"}
    assert (await admin.get(path)).json()["status"] == "active"


async def test_gone_disables_and_what_waits_is_sent_when_it_is_resumed(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    receiver.answers = [answer(410)]
    await tell(an_event(tenant))
    await turn()
    assert (await admin.emitted(endpoint["id"]))[-1] == "endpoint.disabled.v1"
    await tell(an_event(tenant))
    await turn(hours=1)
    assert len(receiver.heard) == 1
    states = [item["state"] for item in (await admin.get(DELIVERIES)).json()["items"]]
    assert states == ["paused", "paused"]
    await admin.post(f"{ENDPOINTS}/{endpoint['id']}/resume")
    await turn()
    assert len(receiver.heard) == 3


async def test_a_deleted_endpoint_is_told_nothing_more(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await admin.delete(f"{ENDPOINTS}/{endpoint['id']}")
    await turn()
    assert receiver.connections == 0
    assert (await only(admin))["last_error"] == "endpoint deleted"


async def test_a_body_that_drips_is_cut_by_the_deadline(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    receiver.answers, receiver.drip_seconds = [answer(200, b"x" * 1000)], 0.05
    await tell(an_event(tenant))
    started = time.monotonic()
    await turn()
    assert time.monotonic() - started < 10
    delivery = await only(admin)
    assert (delivery["state"], delivery["last_error"]) == ("pending", "timeout")


async def test_of_an_endless_answer_little_is_read_and_less_is_kept(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    begun = answer(200, b"\0\xff" + b"x" * 19_998)
    receiver.answers = [begun.replace(b"length: 20000", b"length: 20000000")]
    await tell(an_event(tenant))
    await turn()
    (tried,) = await tries(admin)
    assert tried["answer"].startswith("\\0\\xffxxx")
    assert len(tried["answer"]) == 2048 - 2 + len("\\0\\xff")
    assert (await only(admin))["state"] == "delivered"


async def test_a_redirect_is_a_failure_and_nobody_follows_it(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    receiver.answers = [answer(307, location=receiver.url)]
    await tell(an_event(tenant))
    await turn()
    assert receiver.connections == 1
    assert (await only(admin))["state"] == "pending"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://[::1]:{port}/", "blocked_address"),
        ("http://0x0a000001:{port}/", "blocked_address"),
        ("ftp://127.0.0.1:{port}/", "UnsupportedProtocol"),
        ("http://127.0.0.1:{port}/\x01", "InvalidURL"),
    ],
)
async def test_an_address_that_may_not_be_told_is_given_up_at_once(
    url: str,
    error: str,
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    turn: Turn,
) -> None:
    endpoint = await subscribe()
    async with turn.system.system() as connection:
        await connection.execute(
            "update endpoint set url = $2 where id = $1",
            endpoint["id"],
            url.format(port=turn.receiver.port),
        )
    await tell(an_event(tenant))
    await turn()
    delivery = await only(admin)
    assert delivery["state"] == "exhausted"
    assert delivery["last_error"].startswith(error)
    assert turn.receiver.connections == 0
    assert (await admin.get(f"{ENDPOINTS}/{endpoint['id']}")).json()["status"] == "active"


async def test_a_secret_that_cannot_be_opened_is_a_failure_like_others(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    turn.dispatcher.key = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkhISE="
    await turn()
    delivery = await only(admin)
    assert (delivery["state"], delivery["attempts"]) == ("pending", 1)
    assert delivery["last_error"].startswith("Unavailable")


async def test_nobody_there_is_a_failure_with_its_reason(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await subscribe(url="http://127.0.0.1:1025/")
    await tell(an_event(tenant))
    await turn()
    assert (await only(admin))["last_error"].startswith("ConnectError")


async def test_two_dispatchers_at_once_send_each_delivery_once(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await asyncio.gather(*(subscribe() for _ in range(6)))
    await tell(*(an_event(tenant) for _ in range(8)))
    for _ in range(4):
        await asyncio.gather(turn(), turn(), turn())
    assert len(receiver.heard) == 48
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 8


async def test_one_endpoint_takes_no_more_than_its_share_of_a_turn(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn, receiver: Receiver
) -> None:
    await subscribe()
    await tell(*(an_event(tenant) for _ in range(10)))
    now = clock.now()
    unknown = await leases.claim(turn.system, now, AT_ONCE)
    assert sum(claim.tenant_id == tenant for claim in unknown) == 1
    await turn(seconds=31)
    first = await leases.claim(turn.system, turn.now, AT_ONCE)
    assert sum(claim.tenant_id == tenant for claim in first) == leases.PER_ENDPOINT
    now = turn.now
    second = await leases.claim(turn.system, now, AT_ONCE)
    assert not [claim for claim in second if claim.tenant_id == tenant]


async def test_an_endpoint_that_answers_quickly_is_given_more_places(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    endpoint_id = UUID((await subscribe())["id"])
    await tell(*(an_event(tenant) for _ in range(13)))
    turn.dispatcher.places.extra[endpoint_id] = 3
    unknown = await turn.dispatcher._claim(turn.system, clock.now())
    assert len(unknown) == 1, "no host is known to answer that has not"
    turn.dispatcher.places.extra.clear()
    await turn(seconds=31)
    assert turn.dispatcher.places.extra == {endpoint_id: 1}
    turn.dispatcher.places.extra[endpoint_id] = 3
    more = await turn.dispatcher._claim(turn.system, turn.now)
    assert len(more) == leases.PER_ENDPOINT + 3
    async with turn.system.system() as connection:
        waits = await connection.fetchval("show synchronous_commit")
    assert waits == "on", "what goes out without waiting for the disk is the claim alone"


async def test_a_result_that_comes_after_the_lease_is_ignored(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    now = clock.now()
    (stale,) = [c for c in await leases.claim(turn.system, now, 32) if c.tenant_id == tenant]
    later = now + leases.LEASE + timedelta(seconds=1)
    (fresh,) = [c for c in await leases.claim(turn.system, later, 32) if c.tenant_id == tenant]
    await turn.dispatcher._deliver(turn.executor, turn.system, stale, now)
    assert (await only(admin))["state"] == "pending"
    assert await tries(admin) == []
    await turn.dispatcher._deliver(turn.executor, turn.system, fresh, later)
    assert (await only(admin))["state"] == "delivered"


async def test_after_a_crash_between_sending_and_writing_it_is_sent_again_under_the_same_id(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    now = clock.now()
    (claim,) = [c for c in await leases.claim(turn.system, now, 32) if c.tenant_id == tenant]
    await turn.dispatcher.send(claim, now)
    await turn(seconds=10)
    assert len(receiver.heard) == 1
    await turn(seconds=30)
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    assert len(receiver.heard) == 2
    assert (await only(admin))["attempts"] == 2


async def test_a_replay_sends_the_same_event_signed_anew(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    path = f"{DELIVERIES}/{(await only(admin))['id']}/replay"
    assert (await admin.post(path)).json()["code"] == "delivery.waiting"
    await turn()
    replayed = (await admin.post(path)).json()
    assert (replayed["state"], replayed["replays"], replayed["attempts"]) == ("pending", 1, 0)
    await turn(seconds=2)
    (first, body), (second, again) = receiver.heard
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert second["webhook-replay"] == "true"
    Webhook(endpoint["secret"]).verify(again, second)
    assert len(await tries(admin)) == 2


async def test_graphql_shows_and_replays_deliveries(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn()
    asked = "{ webhookDeliveries(filter: {state: [DELIVERED]}) { nodes { id endpoint { id } } } }"
    answer = await admin.graphql("webhooks", asked)
    (node,) = answer["data"]["webhookDeliveries"]["nodes"]
    assert node["endpoint"] == {"id": endpoint["id"]}
    tried = "query($id: UUID!) { webhookAttempts(deliveryId: $id) { status } }"
    answer = await admin.graphql("webhooks", tried, id=node["id"])
    assert answer["data"]["webhookAttempts"] == [{"status": 204}]
    again = """mutation($id: UUID!) { replayWebhookDelivery(id: $id) {
        ... on WebhookDelivery { state replays } } }"""
    answer = await admin.graphql("webhooks", again, id=node["id"])
    assert answer["data"]["replayWebhookDelivery"] == {"state": "PENDING", "replays": 1}


async def test_a_slow_endpoint_does_not_hold_up_the_schedule(
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
    dispatcher: Dispatcher,
) -> None:
    slow = Receiver(drip_seconds=1)
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    slow.port = server.sockets[0].getsockname()[1]
    await subscribe(url=slow.url)
    await tell(an_event(tenant))
    await subscribe()
    assert await dispatcher(turn.executor, turn.system)
    await tell(an_event(tenant))
    started = time.monotonic()

    async def healthy_one_heard() -> bool:
        await dispatcher(turn.executor, turn.system)
        return len(receiver.heard) == 1

    await until(healthy_one_heard)
    assert time.monotonic() - started < 5

    async def done() -> bool:
        return not await dispatcher(turn.executor, turn.system)

    await until(done)
    server.close()


async def test_a_test_event_goes_to_the_one_endpoint_by_way_of_the_broker(
    house: House, admin: Caller, subscribe: Subscribe, receiver: Receiver, turn: Turn
) -> None:
    await house.work("webhooks")
    tested, _ = await subscribe(), await subscribe()
    await admin.post(f"{ENDPOINTS}/{tested['id']}/test")

    async def heard() -> bool:
        await turn()
        return bool(receiver.heard)

    await until(heard)
    ((headers, body),) = receiver.heard
    told = Webhook(tested["secret"]).verify(body, headers)
    assert (told["type"], told["subject"]) == ("endpoint.tested.v1", tested["id"])
    assert "secret" not in told["data"]["state"]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_worker_whose_clock_is_wrong_tells_in_time_and_signs_with_the_right_one(
    hours: int,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    wrong = clock.now() + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: wrong)

    async def heard() -> bool:
        await turn.dispatcher(turn.executor, turn.system)
        return bool(receiver.heard)

    await until(heard)
    ((headers, body),) = receiver.heard
    Webhook(endpoint["secret"]).verify(body, headers)


async def test_a_worker_whose_clock_is_ahead_takes_nothing_out_of_anothers_hands(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    (held,) = await leases.claim(turn.system, await leases.present(turn.system), AT_ONCE)
    ahead = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: ahead)
    await turn.dispatcher(turn.executor, turn.system)
    async with turn.system.system() as connection:
        lease = "select lease_token from webhook_delivery where id = $1"
        assert await connection.fetchval(lease, held.id) == held.lease_token
