from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from crmkit.db.pool import Database
from crmkit.kernel import clock, interval
from crmkit.testing.house import Caller
from services.webhooks.pruner import _FEED, Pruner
from services.webhooks.replay.statements import BATCH
from services.webhooks.settings import WebhookSettings, knobs
from tests.webhooks.samples import Subscribe, Tell, Turn, an_event

DELIVERIES = "/v1/webhook-deliveries"


async def prune(pruner: Pruner, turn: Turn, now: datetime) -> None:
    """To the end: other tests have left rows too."""
    while await pruner.prune(turn.system, now):
        pass


LATER = timedelta(days=31)
_MANY = """
insert into feed_event (tenant_id, id, version, created_at, updated_at, type, aggregate,
  aggregate_id, occurred_at, recorded_at, actor, team, body)
select lpad((n % 50)::text, 32, '0')::uuid, uuidv7(), 1, now(), now(), 'lead.created.v1', 'lead',
  uuidv7(), now(), now() - n * interval '1 hour', '', '', repeat('x', 200)
from generate_series(1, 10000) n
"""


def a_pruner(**knobs: int) -> Pruner:
    return Pruner(WebhookSettings.load().model_copy(update=knobs))


async def states(caller: Caller) -> list[str]:
    return [item["state"] for item in (await caller.get(DELIVERIES)).json()["items"]]


async def test_what_is_over_goes_after_thirty_days_with_its_attempts_and_the_feed_stays(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await subscribe()
    await tell(an_event(tenant))
    await turn()
    pruner = a_pruner()
    await prune(pruner, turn, clock.now() + timedelta(days=29))
    assert await states(admin) == ["delivered"]
    await prune(pruner, turn, clock.now() + LATER)
    assert await states(admin) == []
    async with turn.system.system() as connection:
        sql = "select count(*) from webhook_attempt where tenant_id = $1"
        assert await connection.fetchval(sql, tenant) == 0
    assert len((await admin.get("/v1/events")).json()["items"]) == 1


async def test_what_waits_is_given_up_with_a_reason_before_it_goes(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    endpoint = await subscribe()
    await admin.post(f"/v1/webhook-endpoints/{endpoint['id']}/pause")
    await tell(an_event(tenant))
    pruner = a_pruner()
    await prune(pruner, turn, clock.now() + LATER)
    (item,) = (await admin.get(DELIVERIES)).json()["items"]
    assert (item["state"], item["last_error"]) == (
        "exhausted",
        "waited too long for its endpoint",
    )
    await prune(pruner, turn, clock.now() + LATER + LATER)
    assert await states(admin) == []


async def test_what_later_events_of_an_ordered_endpoint_wait_for_stays(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await subscribe(ordered=True)
    await tell(an_event(tenant))
    async with turn.system.system() as connection:
        sql = "update webhook_delivery set state = 'exhausted' where tenant_id = $1"
        await connection.execute(sql, tenant)
    await prune(a_pruner(), turn, clock.now() + LATER)
    assert await states(admin) == ["exhausted"]


async def test_a_cursor_into_a_feed_that_was_trimmed_is_gone_and_names_the_earliest(
    admin: Caller,
    tenant: UUID,
    tell: Tell,
    turn: Turn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await tell(*(an_event(tenant) for _ in range(3)))
    first, second, third = (
        item["cursor"] for item in (await admin.get("/v1/events")).json()["items"]
    )
    async with turn.system.system() as connection:
        old = (
            "update feed_event set recorded_at = now() - interval '9 days'"
            " where tenant_id = $2 and cursor <= $1"
        )
        await connection.execute(old, int(second), tenant)
    monkeypatch.setenv("CRM_WEBHOOK_FEED_DAYS", "7")
    knobs.cache_clear()
    await prune(Pruner(WebhookSettings.load()), turn, clock.now())
    for path in ("/v1/events", "/v1/events/stream"):
        gone = await admin.get(path, params={"after": first})
        assert gone.status_code == 410, gone.text
        assert (gone.json()["code"], gone.json()["earliest"]) == ("feed.expired", second)
    for after in ("0", second):
        kept = (await admin.get("/v1/events", params={"after": after})).json()["items"]
        assert [item["cursor"] for item in kept] == [third]
    asked = "query($a: String!) { events(after: $a) { nextCursor } }"
    refused = await admin.graphql("webhooks", asked, a=first)
    assert refused["errors"][0]["extensions"]["code"] == "feed.expired"


async def test_the_feed_is_pruned_and_replayed_by_an_index(tenant: UUID, turn: Turn) -> None:
    """With rows of fifty tenants. The pruner looks at all of them, tenant after tenant."""
    now = clock.now()
    pruned = (_FEED, now - timedelta(days=400), 1000, now)
    replayed = (BATCH, UUID(int=1), now - timedelta(days=20), tenant, now)
    async with turn.system.system() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(_MANY)
            await connection.execute("set local enable_sort = off")  # its few rows are soon sorted
            for sql, *arguments in (pruned, replayed):
                plan = "\n".join(
                    row[0] for row in await connection.fetch(f"explain {sql}", *arguments)
                )
                following = plan.split("feed_event_recorded_idx", 1)[-1].split("\n")[1]
                assert "Index Cond" in following, plan
                assert "recorded_at" in following, plan
        finally:
            await transaction.rollback()


async def test_the_pruner_comes_once_an_hour_whatever_the_time_of_day_does(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruned, at = 0, [monotonic()]

    class Counted(Pruner):
        async def prune(self, system: Database, now: datetime) -> bool:
            nonlocal pruned
            pruned += 1
            return pruned == 1

    monkeypatch.setattr(interval, "monotonic", lambda: at[0])
    pruner = Counted(WebhookSettings.load())
    for _ in range(3):
        await pruner(turn.executor, turn.system)
    assert pruned == 2, "once more, since there was more to take away"
    back = clock.now() - timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: back)
    at[0] += timedelta(hours=1).total_seconds()
    await pruner(turn.executor, turn.system)
    assert pruned == 3
