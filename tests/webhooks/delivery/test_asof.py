"""What was on its way at an instant, though a queue moves without events."""

from typing import Any
from uuid import UUID

from crmkit.kernel import clock
from crmkit.testing.house import Caller
from services.webhooks.replayer import Replayer
from services.webhooks.settings import WebhookSettings
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

REPLAYS = "/v1/webhook-replays"
PAST = "select count(*) from past where tenant_id = $1"


async def _read(caller: Caller, paths: list[str], as_of: str = "") -> dict[str, Any]:
    asked = {"as_of": as_of} if as_of else {}
    answers = [await caller.get(path, params=asked) for path in paths]
    return {each.url.path: (each.status_code, each.json()) for each in answers}


async def test_each_step_of_a_delivery_is_shown_as_of_its_instants(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    """Told, refused, skipped, sent again by hand, delivered, and again by a replay."""
    endpoint = await subscribe("lead.*")
    at = f"/v1/webhook-endpoints/{endpoint['id']}"
    start = clock.now().isoformat()
    await tell(an_event(tenant))
    path = f"{DELIVERIES}/{(await only(admin))['id']}"
    paths = [DELIVERIES, f"{DELIVERIES}?state=pending", path, f"{path}/attempts", f"{at}/health"]
    paths.append(REPLAYS)
    seen: list[tuple[str, dict[str, Any]]] = []

    async def look() -> None:
        shown = await _read(admin, paths)
        seen.append((clock.now().isoformat(), shown))

    await look()
    receiver.answers = [answer(500)]
    await turn()
    await look()
    for by_hand in ("skip", "replay"):
        assert (await admin.post(f"{path}/{by_hand}")).status_code == 200
        await look()
    await turn()
    await look()
    begun = await admin.post(f"{at}/replays", json={"from_at": start})
    replay = f"{REPLAYS}/{begun.json()['id']}"
    paths += [replay, f"{replay}/progress"]
    await look()
    replayer = Replayer(WebhookSettings.load())
    for _ in range(3):
        await replayer(turn.executor, turn.system)
        await turn()
        await look()
    assert seen[-1][1][replay][1]["state"] == "finished"
    states = [shown[path][1]["state"] for _, shown in seen]
    assert states[:5] == ["pending", "pending", "skipped", "pending", "delivered"]
    for instant, shown in seen:
        then = await _read(admin, list(shown), instant)
        assert then == shown, instant
    (before,) = {status for status, _ in (await _read(admin, [path, replay], start)).values()}
    assert before == 404
    async with turn.system.system() as connection:
        assert await connection.fetchval(PAST, tenant) > 0
        await connection.execute("delete from webhook_delivery where tenant_id = $1", tenant)
        kinds = await connection.fetch("select aggregate from past where tenant_id = $1", tenant)
    assert {row["aggregate"] for row in kinds} == {"webhook_pulse", "webhook_replay"}


async def test_what_moved_before_histories_were_kept_is_left_out(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    await subscribe("lead.*")
    await tell(an_event(tenant))
    then = clock.now().isoformat()
    await turn()
    assert (await only(admin, as_of=then))["attempts"] == 0
    async with turn.system.system() as connection:
        await connection.execute("delete from past where tenant_id = $1", tenant)
    answered = await admin.get(DELIVERIES, params={"as_of": then})
    assert answered.json()["items"] == []
    assert (await only(admin))["state"] == "delivered"
