import json
import random
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from services.webhooks import leases
from services.webhooks.delivery.domain import SCHEDULE
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event, answer

DELIVERIES, ENDPOINTS = "/v1/webhook-deliveries", "/v1/webhook-endpoints"


def versions(receiver: Receiver, subject: UUID) -> list[int]:
    told = [json.loads(body) for _, body in receiver.heard]
    return [each["aggregateversion"] for each in told if each["subject"] == str(subject)]


async def tell_versions(tell: Tell, tenant: UUID, subject: UUID, *wanted: int) -> None:
    for version in wanted:
        await tell(an_event(tenant, "lead.worked.v1", subject=subject, version=version))


async def find(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    asked = {"sort": "created_at"} | query
    items: list[dict[str, Any]] = (await caller.get(DELIVERIES, params=asked)).json()["items"]
    return items


async def exhaust(tell: Tell, tenant: UUID, turn: Turn) -> None:
    """The whole schedule of what is refused, while other events arrive."""
    for wait in SCHEDULE:
        await turn(seconds=wait.total_seconds() * 1.21)
        await tell(an_event(tenant))
        await turn()


async def test_an_ordered_endpoint_hears_a_record_in_order_though_a_third_of_tries_fail(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe(ordered=True)
    chance = random.Random(7)  # noqa: S311 - a story that repeats
    records = [ids.new() for _ in range(4)]
    for version in range(1, 9):
        for subject in records:
            await tell_versions(tell, tenant, subject, version)
    receiver.answers = [answer(500 if chance.random() < 0.3 else 204) for _ in range(60)]
    for _ in range(200):
        await turn(seconds=40)
        if len({headers["webhook-id"] for headers, _ in receiver.heard}) == 32:
            break
    for subject in records:
        heard = versions(receiver, subject)
        assert list(dict.fromkeys(heard)) == list(range(1, 9))
        assert heard == sorted(heard)
    assert len(receiver.heard) > 32


async def test_without_order_a_failure_holds_nothing_up(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    subject = ids.new()
    receiver.answers = [answer(500)]
    await tell_versions(tell, tenant, subject, 1)
    await turn()
    await tell_versions(tell, tenant, subject, 2)
    await turn()
    assert versions(receiver, subject) == [1, 2]


async def test_other_records_of_an_ordered_endpoint_do_not_wait(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe(ordered=True)
    stuck, free = an_event(tenant), an_event(tenant)
    receiver.refused = {str(stuck.id)}
    await tell(stuck)
    await tell(free)
    await turn()
    await turn(seconds=1)
    assert {headers["webhook-id"] for headers, _ in receiver.heard} == {
        str(stuck.id),
        str(free.id),
    }


async def given_up(
    admin: Caller, tenant: UUID, tell: Tell, receiver: Receiver, turn: Turn, subject: UUID
) -> dict[str, Any]:
    """An event that was given up while its endpoint took others."""
    first = an_event(tenant, subject=subject)
    receiver.refused = {str(first.id)}
    await tell(first)
    await tell_versions(tell, tenant, subject, 2)
    await exhaust(tell, tenant, turn)
    (found,) = await find(admin, state="exhausted")
    assert found["event_id"] == str(first.id)
    receiver.heard.clear()
    return found


async def test_what_is_given_up_is_never_passed_over_in_silence(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe(ordered=True)
    subject = ids.new()
    await given_up(admin, tenant, tell, receiver, turn, subject)
    await turn(hours=1)
    assert versions(receiver, subject) == []
    health = (await admin.get(f"{ENDPOINTS}/{endpoint['id']}/health")).json()
    assert (health["blocked"], health["waiting"], health["skipped"]) == (1, 1, 0)


async def test_skipping_it_lets_the_later_ones_go_and_is_told(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe(ordered=True)
    subject = ids.new()
    lost = await given_up(admin, tenant, tell, receiver, turn, subject)
    skipped = await admin.post(f"{DELIVERIES}/{lost['id']}/skip")
    assert skipped.json()["state"] == "skipped"
    assert (await admin.post(f"{DELIVERIES}/{lost['id']}/skip")).json()["code"] == "delivery.over"
    await turn(hours=1)
    assert versions(receiver, subject) == [2]
    health = (await admin.get(f"{ENDPOINTS}/{endpoint['id']}/health")).json()
    assert (health["blocked"], health["waiting"], health["skipped"]) == (0, 0, 1)
    assert await admin.emitted(lost["id"]) == ["webhook_delivery.skipped.v1"]


async def test_replaying_it_sends_it_before_the_later_ones(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe(ordered=True)
    subject = ids.new()
    lost = await given_up(admin, tenant, tell, receiver, turn, subject)
    receiver.refused = set()
    await admin.post(f"{DELIVERIES}/{lost['id']}/replay")
    for _ in range(3):
        await turn(seconds=2)
    assert versions(receiver, subject) == [1, 2]


async def test_a_replay_of_what_arrived_holds_up_nothing_new(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe(ordered=True)
    first = an_event(tenant)
    await tell(first)
    await turn()
    (delivered,) = await find(admin)
    receiver.refused = {str(first.id)}
    await admin.post(f"{DELIVERIES}/{delivered['id']}/replay")
    await turn(seconds=1)
    await tell_versions(tell, tenant, first.subject, 2)
    await turn(seconds=1)
    assert versions(receiver, first.subject) == [1, 1, 2]


async def test_skipping_takes_a_try_that_is_under_way_out_of_the_dispatchers_hands(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    (waiting,) = await find(admin)
    claims = await leases.claim(turn.system, clock.now(), 32)
    (claim,) = [each for each in claims if each.tenant_id == tenant]
    await admin.post(f"{DELIVERIES}/{waiting['id']}/skip")
    await turn.dispatcher._deliver(turn.executor, turn.system, claim, turn.now)
    (after,) = await find(admin)
    assert after["state"] == "skipped"


@pytest.mark.parametrize("ordered", [True, False])
async def test_graphql_skips_too(
    ordered: bool, admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, system: Any
) -> None:
    await subscribe(ordered=ordered)
    await tell(an_event(tenant))
    (waiting,) = await find(admin)
    skip = """mutation($id: UUID!) { skipWebhookDelivery(id: $id) {
        ... on WebhookDelivery { state } ... on Problem { code } } }"""
    answered = await admin.graphql("webhooks", skip, id=waiting["id"])
    assert answered["data"]["skipWebhookDelivery"] == {"state": "SKIPPED"}
