"""A partner's receiver, written with the public package alone, verifies everything it is sent."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from crmkit.events.webhooks import EndpointTested
from crmkit.kernel import clock
from crmkit.testing.house import Caller
from services.webhooks.replayer import Replayer
from services.webhooks.settings import WebhookSettings
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event, answer

ENDPOINTS, DELIVERIES = "/v1/webhook-endpoints", "/v1/webhook-deliveries"


@dataclass
class Partner:
    """Knows one secret at a time, and counts an event once, whatever it is sent twice."""

    secret: str
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, receiver: Receiver) -> list[dict[str, Any]]:
        """Verify everything heard since the last time; WebhookVerificationError where one fails."""
        taken = []
        for headers, body in receiver.heard:
            event = Webhook(self.secret).verify(body, headers)
            assert event["id"] == headers["webhook-id"]
            known = self.seen.setdefault(event["id"], event)
            assert known == event
            taken.append(event)
        receiver.heard.clear()
        return taken


@pytest.mark.parametrize("payload", ["full", "thin"])
async def test_a_partner_verifies_deliveries_retries_tests_and_replays_while_secrets_rotate(
    payload: str,
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    endpoint = await subscribe(payload=payload, ordered=payload == "full")
    path = f"{ENDPOINTS}/{endpoint['id']}"
    partner = Partner(endpoint["secret"])
    events = [an_event(tenant, need="要报价 “ü” \\ \u2028") for _ in range(6)]
    for number, event in enumerate(events):
        await tell(event)
        receiver.answers = [answer(500)] if number % 2 else []
        await turn()
        await turn(seconds=10)
        if number in (1, 3):
            how = {"overlap_hours": 24}
            rotated = await admin.post(f"{path}/secrets/rotate", json=how)
            await tell(an_event(tenant))
            await turn()
            partner.take(receiver)
            partner.secret = rotated.json()["secret"]
    partner.take(receiver)
    assert {str(event.id) for event in events} <= partner.seen.keys()
    await tell(an_event(tenant, EndpointTested.type, subject=UUID(endpoint["id"])))
    await turn()
    (trial,) = partner.take(receiver)
    assert (trial["type"], trial["subject"]) == ("endpoint.tested.v1", endpoint["id"])
    body = {"from_at": (clock.now() - timedelta(hours=1)).isoformat()}
    await admin.post(f"{path}/replays", json=body)
    for _ in range(12):
        await Replayer(WebhookSettings.load())(turn.executor, turn.system)
        await turn(seconds=1)
    again = partner.take(receiver)
    assert {event["id"] for event in again} == partner.seen.keys() - {trial["id"]}
    (delivery, *_) = (await admin.get(DELIVERIES)).json()["items"]
    await admin.post(f"{DELIVERIES}/{delivery['id']}/replay")
    await turn(seconds=1)
    (one,) = partner.take(receiver)
    assert one["id"] == delivery["event_id"]


async def test_twenty_rotations_under_fire_fail_no_check_and_an_ended_secret_signs_nothing(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    path = f"{ENDPOINTS}/{endpoint['id']}/secrets/rotate"
    partner, retired = Partner(endpoint["secret"]), []
    for number in range(20):
        await tell(*(an_event(tenant) for _ in range(4)))
        rotated, _ = await asyncio.gather(
            admin.post(path, json={"overlap_hours": 1}), turn.until_quiet()
        )
        assert rotated.status_code == 200, (number, rotated.text)
        await turn.until_quiet()
        partner.take(receiver)
        retired.append(partner.secret)
        partner.secret = rotated.json()["secret"]
        old = rotated.json()["secrets"][1:]
        for each in old[:-1]:
            gone = f"{ENDPOINTS}/{endpoint['id']}/secrets/{each['id']}"
            assert (await admin.delete(gone)).status_code == 200
    assert len(partner.seen) == 80
    await tell(an_event(tenant))
    await turn(hours=2)
    headers, body = receiver.heard[-1]
    assert len(headers["webhook-signature"].split()) == 1
    for secret in retired:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


async def test_the_standards_package_finds_a_forgery(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    endpoint = await subscribe()
    await tell(an_event(tenant))
    await turn()
    ((headers, body),) = receiver.heard
    receiver.heard[0] = headers, json.dumps(json.loads(body) | {"type": "lead.deleted.v1"})
    with pytest.raises(WebhookVerificationError):
        Partner(endpoint["secret"]).take(receiver)
