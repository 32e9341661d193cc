from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.webhooks import breaker
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event, answer

ENDPOINTS, DELIVERIES = "/v1/webhook-endpoints", "/v1/webhook-deliveries"


async def health_of(caller: Caller, endpoint: dict[str, Any]) -> dict[str, Any]:
    answered = await caller.get(f"{ENDPOINTS}/{endpoint['id']}/health")
    assert answered.status_code == 200, answered.text
    shown: dict[str, Any] = answered.json()
    return shown


async def test_an_endpoint_that_was_never_tried_has_no_figures(
    admin: Caller, subscribe: Subscribe
) -> None:
    health = await health_of(admin, await subscribe())
    assert (health["tries"], health["success_rate"], health["p50_ms"]) == (0, None, None)
    assert (health["breaker"], health["waiting"], health["oldest_waiting_at"]) == (
        "closed",
        0,
        None,
    )


async def test_health_counts_tries_failures_and_what_waits(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn()
    receiver.answers = [answer(500), answer(404)]
    await tell(an_event(tenant), an_event(tenant))
    await turn(seconds=1)
    health = await health_of(admin, endpoint)
    assert (health["tries"], health["success_rate"]) == (3, 33)
    assert (health["consecutive_failures"], health["waiting"]) == (2, 2)
    assert 0 <= health["p50_ms"] <= health["p99_ms"] <= 1000
    assert health["failing_since"] is not None
    assert health["oldest_waiting_at"] is not None
    await turn(minutes=1)
    healed = await health_of(admin, endpoint)
    assert (healed["consecutive_failures"], healed["waiting"]) == (0, 0)
    assert (healed["tries"], healed["failing_since"]) == (5, None)
    assert healed["succeeded_at"] is not None


async def test_a_stranger_sees_no_health(login: Login, subscribe: Subscribe) -> None:
    endpoint = await subscribe()
    stranger = await login("webhooks", "admin", tenant=ids.new())
    partner = await login("webhooks", "partner")
    for caller in (stranger, partner):
        answered = await caller.get(f"{ENDPOINTS}/{endpoint['id']}/health")
        assert answered.status_code == 404


async def test_graphql_shows_the_same_health(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn()
    asked = """query($id: UUID!) { webhookEndpoint(id: $id) {
        health { tries successRate breaker consecutiveFailures waiting } } }"""
    shown = await admin.graphql("webhooks", asked, id=endpoint["id"])
    assert shown["data"]["webhookEndpoint"]["health"] == {
        "tries": 1,
        "successRate": 100,
        "breaker": "closed",
        "consecutiveFailures": 0,
        "waiting": 0,
    }


async def test_an_owner_is_warned_after_an_hour_and_a_day_and_told_when_it_is_over(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    path = f"{ENDPOINTS}/{endpoint['id']}"
    failing = an_event(tenant)
    receiver.refused = {str(failing.id)}
    await tell(failing)
    notices = []
    for hours in (0, 0.5, 0.7, 3, 30, 30):
        await turn(hours=hours)
        notices.append((await admin.get(path)).json()["notice"].partition(";")[0])
    assert notices[:3] == ["", "", "nothing but failures for 1 h"]
    assert notices[-1] == "nothing but failures for 24 h"
    receiver.refused = set()
    await turn(hours=30)
    shown = (await admin.get(path)).json()
    assert (shown["notice"], shown["failing_since"], shown["status"]) == ("", None, "active")
    assert (await admin.emitted(endpoint["id"]))[1:] == [
        "endpoint.failing.v1",
        "endpoint.failing.v1",
        "endpoint.recovered.v1",
    ]


async def test_a_notice_is_told_to_the_other_endpoints_and_the_feed_but_not_to_itself(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell
) -> None:
    about, other = await subscribe("endpoint.*"), await subscribe("endpoint.disabled.v1")
    notice = an_event(tenant, "endpoint.disabled.v1", subject=UUID(about["id"]))
    quiet = an_event(tenant, "endpoint.tested.v1", subject=ids.new())
    await tell(notice, quiet)
    (delivery,) = (await admin.get(DELIVERIES)).json()["items"]
    assert (delivery["endpoint_id"], delivery["event_id"]) == (other["id"], str(notice.id))
    (item,) = (await admin.get("/v1/events", params={"types": "endpoint.*"})).json()["items"]
    assert item["id"] == str(notice.id)


class Silent:
    """A host that nobody answers at, for one endpoint, and how often it is tried."""

    def __init__(self, admin: Caller, turn: Turn) -> None:
        self.admin, self.turn = admin, turn

    async def tries(self) -> int:
        async with self.turn.system.system() as connection:
            tenant = self.admin.actor.tenant_id
            sql = "select count(*) from webhook_attempt where tenant_id = $1"
            return int(await connection.fetchval(sql, tenant))


async def test_a_host_that_does_not_answer_is_left_alone_for_longer_and_longer(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    endpoint = await subscribe(url="http://127.0.0.1:1025/")
    silent = Silent(admin, turn)
    await tell(*(an_event(tenant) for _ in range(40)))
    for _ in range(breaker.OPENS_AFTER):
        await turn(seconds=1)
    assert await silent.tries() == breaker.OPENS_AFTER
    health = await health_of(admin, endpoint)
    assert health["breaker"] == "open"
    assert _until(health) - turn.now == timedelta(minutes=1)
    await turn(seconds=50)
    assert await silent.tries() == breaker.OPENS_AFTER
    waits = []
    for _ in range(6):
        await turn(seconds=(_until(await health_of(admin, endpoint)) - turn.now).total_seconds())
        waits.append((_until(await health_of(admin, endpoint)) - turn.now).total_seconds() / 60)
    assert waits == [2, 4, 8, 15, 15, 15]
    assert await silent.tries() == breaker.OPENS_AFTER + 6


async def test_one_answer_closes_the_breaker_and_an_answer_that_refuses_does_too(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    receiver.answers = [answer(503)] * breaker.OPENS_AFTER + [answer(404)]
    await tell(*(an_event(tenant) for _ in range(20)))
    for _ in range(breaker.OPENS_AFTER + 2):
        await turn(seconds=1)
    assert len(receiver.heard) == breaker.OPENS_AFTER
    await turn(minutes=2)
    assert len(receiver.heard) == breaker.OPENS_AFTER + 1
    assert (await health_of(admin, endpoint))["breaker"] == "closed"
    await turn(seconds=1)
    assert len(receiver.heard) > breaker.OPENS_AFTER + 2


async def test_a_breaker_is_one_tenants_own(
    admin: Caller,
    tenant: UUID,
    login: Login,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    other = await login("webhooks", "admin", tenant=ids.new())
    await subscribe()
    await subscribe(by=other)
    host = f"127.0.0.1:{receiver.port}"
    for _ in range(breaker.OPENS_AFTER):
        await breaker.blame_host(turn.system, tenant, host, turn.now)
    theirs = an_event(other.actor.tenant_id)
    await tell(an_event(tenant), theirs)
    await turn()
    assert [headers["webhook-id"] for headers, _ in receiver.heard] == [str(theirs.id)]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 500])
async def test_a_host_that_answers_whatever_it_says_keeps_its_breaker_closed(
    status: int,
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    endpoint = await subscribe()
    receiver.answers = [answer(status)] * 30
    for _ in range(breaker.OPENS_AFTER + 2):
        await tell(an_event(tenant))
        await turn(seconds=1)
    assert (await health_of(admin, endpoint))["breaker"] == "closed"


def _until(health: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(health["breaker_until"])
