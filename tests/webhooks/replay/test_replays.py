import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from crmkit.kernel import clock
from crmkit.testing.house import Caller, until
from crmkit.testing.plugin import Login
from services.webhooks.replay.statements import WAITING
from services.webhooks.replayer import Replayer
from services.webhooks.settings import WebhookSettings
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event, answer

ENDPOINTS, REPLAYS, DELIVERIES = (
    "/v1/webhook-endpoints",
    "/v1/webhook-replays",
    "/v1/webhook-deliveries",
)


def make_replayer() -> Replayer:
    """As after a crash: nothing is known but what is in rows."""
    return Replayer(WebhookSettings.load())


async def start(caller: Caller, endpoint: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"from_at": (clock.now() - timedelta(days=1)).isoformat()} | more
    answered = await caller.post(f"{ENDPOINTS}/{endpoint['id']}/replays", json=body)
    assert answered.status_code == 201, answered.text
    made: dict[str, Any] = answered.json()
    return made


async def run(turn: Turn, most: int = 60) -> None:
    """Replayers and dispatchers take turns, each replayer new, until there is nothing to do."""
    for _ in range(most):
        queued = await make_replayer()(turn.executor, turn.system)
        if not (await turn(seconds=1) or queued):
            return


async def shown(caller: Caller, replay: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await caller.get(f"{REPLAYS}/{replay['id']}")).json()
    progress: dict[str, Any] = (await caller.get(f"{REPLAYS}/{replay['id']}/progress")).json()
    return found | {"progress": progress}


async def test_a_stretch_is_sent_again_under_the_same_ids_signed_anew_and_marked(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe("lead.*")
    await tell(*(an_event(tenant) for _ in range(5)), an_event(tenant, "contract.signed.v1"))
    await turn.until_quiet()
    first = {headers["webhook-id"]: (headers, body) for headers, body in receiver.heard}
    receiver.heard.clear()
    replay = await start(admin, endpoint)
    await run(turn)
    assert len(receiver.heard) == len(first) == 5
    for headers, body in receiver.heard:
        before, same = first[headers["webhook-id"]]
        assert body == same
        assert headers["webhook-replay"] == "true"
        assert headers["webhook-signature"] != before["webhook-signature"]
        Webhook(endpoint["secret"]).verify(body, headers)
    after = await shown(admin, replay)
    assert after["state"] == "finished"
    assert after["progress"] == {"found": 5, "delivered": 5, "waiting": 0, "given_up": 0}
    assert await admin.emitted(replay["id"]) == [
        "webhook_replay.started.v1",
        "webhook_replay.finished.v1",
    ]


async def test_what_an_endpoint_was_never_sent_is_sent_too(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    past = an_event(tenant)
    await tell(past, an_event(tenant, "contract.signed.v1"))
    endpoint = await subscribe("lead.*", payload="thin")
    await start(admin, endpoint)
    await run(turn)
    ((headers, body),) = receiver.heard
    assert headers["webhook-id"] == str(past.id)
    assert '"links"' in body


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"types": ["*"], "states": []}, 3),
        ({"types": ["opportunity.*"], "states": []}, 1),
        ({"types": ["*"], "states": ["exhausted"]}, 1),
        ({"types": ["*"], "states": ["delivered"]}, 1),
        ({"types": ["*"], "states": ["skipped"]}, 0),
    ],
)
async def test_a_replay_is_of_the_types_and_states_asked_for(
    asked: dict[str, list[str]],
    count: int,
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    turn: Turn,
) -> None:
    unknown = an_event(tenant)
    await tell(unknown)
    endpoint = await subscribe()
    lead, deal = an_event(tenant), an_event(tenant, "opportunity.won.v1")
    await tell(lead, deal)
    await turn.until_quiet()
    async with turn.system.system() as connection:
        await connection.execute(
            "update webhook_delivery set state = 'exhausted' where event_id = $1", deal.id
        )
    turn.receiver.heard.clear()
    await start(admin, endpoint, **asked)
    await run(turn)
    assert len(turn.receiver.heard) == count


async def test_a_replay_ends_where_it_was_told_to_end(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    events = [an_event(tenant) for _ in range(3)]
    await tell(*events)
    endpoint = await subscribe()
    await start(
        admin,
        endpoint,
        from_at=events[1].recordedat.isoformat(),
        to_at=events[2].recordedat.isoformat(),
    )
    await run(turn)
    assert [headers["webhook-id"] for headers, _ in receiver.heard] == [str(events[1].id)]


async def test_a_long_replay_goes_in_batches_and_survives_whoever_runs_it(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await tell(*(an_event(tenant) for _ in range(WAITING + 250)))
    endpoint = await subscribe()
    replay = await start(admin, endpoint)
    found = []
    for _ in range(6):
        turns = (make_replayer()(turn.executor, turn.system) for _ in range(3))
        await asyncio.gather(*turns)
        found.append((await shown(admin, replay))["progress"]["waiting"])
    assert found[0] in {200, 400, 600}  # each that came while another worked left it to that one
    assert found[-1] == 600
    async with turn.system.system() as connection:
        sql = "update webhook_delivery set state = 'delivered' where tenant_id = $1"
        await connection.execute(sql, tenant)
        for _ in range(4):
            await make_replayer()(turn.executor, turn.system)
            await connection.execute(sql, tenant)
        await make_replayer()(turn.executor, turn.system)
    after = await shown(admin, replay)
    assert (after["state"], after["found"]) == ("finished", WAITING + 250)


async def test_live_events_go_before_a_replay_and_a_replay_has_one_place(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await tell(*(an_event(tenant) for _ in range(20)))
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn.until_quiet()
    await start(admin, endpoint)
    for _ in range(2):
        await make_replayer()(turn.executor, turn.system)
    live = [an_event(tenant) for _ in range(4)]
    await tell(*live)
    receiver.heard.clear()
    await turn(seconds=1)
    replayed = [headers for headers, _ in receiver.heard if "webhook-replay" in headers]
    assert len(replayed) == 1
    assert len(receiver.heard) == 5


async def test_a_canceled_replay_sends_no_more_and_leaves_things_as_they_were(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    never = an_event(tenant)
    await tell(never)
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn.until_quiet()
    receiver.heard.clear()
    replay = await start(admin, endpoint)
    replayer = make_replayer()

    async def looked() -> bool:
        """Replays that other tests left may come first."""
        await replayer(turn.executor, turn.system)
        return bool((await admin.get(f"{REPLAYS}/{replay['id']}")).json()["found"])

    await until(looked)
    canceled = await admin.post(f"{REPLAYS}/{replay['id']}/cancel")
    assert canceled.json()["state"] == "canceled"
    await run(turn)
    assert receiver.heard == []
    items = (await admin.get(DELIVERIES, params={"sort": "created_at"})).json()["items"]
    assert {item["event_id"] == str(never.id): item["state"] for item in items} == {
        True: "skipped",
        False: "delivered",
    }
    again = await admin.post(f"{REPLAYS}/{replay['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "replay.over")


async def test_an_endpoint_has_one_replay_at_a_time_however_many_ask_at_once(
    admin: Caller, subscribe: Subscribe
) -> None:
    endpoint = await subscribe()
    body = {"from_at": "2026-01-01T00:00:00Z"}
    path = f"{ENDPOINTS}/{endpoint['id']}/replays"
    answers = await asyncio.gather(*(admin.post(path, json=body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    later = await admin.post(path, json=body)
    assert (later.status_code, later.json()["code"]) == (409, "replay.running")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from_at": "2200-01-01T00:00:00Z"},
        {"from_at": "2026-01-02T00:00:00Z", "to_at": "2026-01-01T00:00:00Z"},
        {"from_at": "2026-01-01T00:00:00Z", "types": ["nothing.*"]},
        {"from_at": "2026-01-01T00:00:00Z", "types": []},
        {"from_at": "2026-01-01T00:00:00Z", "states": ["pending"]},
        {"from_at": "2026-01-01T00:00:00"},
        {"from_at": "2199-01-01T00:00:00Z"},
    ],
)
async def test_a_replay_that_makes_no_sense_is_refused(
    body: dict[str, Any], admin: Caller, subscribe: Subscribe
) -> None:
    endpoint = await subscribe()
    answered = await admin.post(f"{ENDPOINTS}/{endpoint['id']}/replays", json=body)
    assert answered.status_code == 422


async def test_a_partner_replays_their_own_endpoint_with_what_they_may_see(
    tenant: UUID, login: Login, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    partner, other = await login("webhooks", "partner"), await login("webhooks", "partner")
    mine = an_event(tenant, owner_id=partner.actor.member_id)
    await tell(mine, an_event(tenant))
    endpoint = await subscribe(by=partner)
    path = f"{ENDPOINTS}/{endpoint['id']}/replays"
    body = {"from_at": "2026-01-01T00:00:00Z"}
    assert (await other.post(path, json=body)).status_code == 404
    replay = await start(partner, endpoint)
    assert (await other.get(f"{REPLAYS}/{replay['id']}/progress")).status_code == 404
    await run(turn)
    ((headers, told),) = receiver.heard
    assert headers["webhook-id"] == str(mine.id)
    assert "@example.cn" not in told


async def test_graphql_starts_shows_and_cancels_replays(
    admin: Caller, subscribe: Subscribe
) -> None:
    endpoint = await subscribe()
    begin = """mutation($e: UUID!, $i: WebhookReplayCreateInput!) {
        startWebhookReplay(endpointId: $e, input: $i) {
          ... on WebhookReplay { id state progress { found waiting } } } }"""
    wanted = {"fromAt": "2026-01-01T00:00:00Z", "states": ["EXHAUSTED"]}
    made = await admin.graphql("webhooks", begin, e=endpoint["id"], i=wanted)
    replay = made["data"]["startWebhookReplay"]
    assert (replay["state"], replay["progress"]) == ("RUNNING", {"found": 0, "waiting": 0})
    listed = await admin.graphql("webhooks", "{ webhookReplays { nodes { id states } } }")
    assert listed["data"]["webhookReplays"]["nodes"] == [
        {"id": replay["id"], "states": ["exhausted"]}
    ]
    cancel = """mutation($id: UUID!) { cancelWebhookReplay(id: $id) {
        ... on WebhookReplay { state } } }"""
    gone = await admin.graphql("webhooks", cancel, id=replay["id"])
    assert gone["data"]["cancelWebhookReplay"] == {"state": "CANCELED"}


async def test_a_replay_that_meets_a_failure_goes_on_by_the_schedule(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await tell(an_event(tenant))
    endpoint = await subscribe()
    receiver.answers = [answer(500)]
    replay = await start(admin, endpoint)
    for _ in range(3):
        await make_replayer()(turn.executor, turn.system)
    await turn(seconds=1)
    assert (await shown(admin, replay))["progress"]["waiting"] == 1
    await turn(seconds=10)
    await make_replayer()(turn.executor, turn.system)
    assert (await shown(admin, replay))["state"] == "finished"
    assert len(receiver.heard) == 2
