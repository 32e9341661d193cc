from datetime import timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from crmkit.kernel.keyring import MOST_SECRETS
from crmkit.testing.house import Caller
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn, an_event

ENDPOINTS = "/v1/webhook-endpoints"


def signs(secret: str, receiver: Receiver) -> bool:
    headers, body = receiver.heard[-1]
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


async def test_every_secret_signs_until_its_own_end(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}/secrets/rotate"
    second = (await admin.post(path, json={"overlap_hours": 2})).json()
    third = (await admin.post(path, json={"overlap_hours": 24})).json()
    assert [each["until"] is None for each in third["secrets"]] == [True, False, False]
    secrets = [made["secret"], second["secret"], third["secret"]]
    await tell(an_event(tenant))
    await turn()
    assert [signs(each, receiver) for each in secrets] == [True, True, True]
    assert len(receiver.heard[-1][0]["webhook-signature"].split()) == 3
    headers, _ = receiver.heard[-1]
    await tell(an_event(tenant))
    turn.now += timedelta(hours=3)
    await turn()
    assert len(receiver.heard[-1][0]["webhook-signature"].split()) == 2
    assert headers["webhook-id"] != receiver.heard[-1][0]["webhook-id"]


async def test_an_old_secret_is_revoked_at_once_and_the_newest_only_by_rotation(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}/secrets"
    rotated = (await admin.post(f"{path}/rotate", json={})).json()
    newest, old = (each["id"] for each in rotated["secrets"])
    refused = await admin.delete(f"{path}/{newest}")
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint.newest_secret")
    revoked = await admin.delete(f"{path}/{old}")
    assert [each["id"] for each in revoked.json()["secrets"]] == [newest]
    assert revoked.json()["old_secret_until"] is None
    assert (await admin.delete(f"{path}/{old}")).status_code == 404
    await tell(an_event(tenant))
    await turn()
    assert signs(rotated["secret"], receiver)
    assert not signs(made["secret"], receiver)
    assert (await admin.emitted(made["id"]))[1:] == [
        "endpoint.secret_rotated.v1",
        "endpoint.secret_revoked.v1",
    ]


async def test_no_more_than_five_secrets_sign_at_once(admin: Caller, subscribe: Subscribe) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}/secrets/rotate"
    for _ in range(MOST_SECRETS - 1):
        assert (await admin.post(path, json={})).status_code == 200
    refused = await admin.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint.secrets")
    alone = await admin.post(path, json={"overlap_hours": 0})
    assert len(alone.json()["secrets"]) == 1


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5])
async def test_an_overlap_lasts_no_time_to_seven_days(
    hours: object, admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe()
    path = f"{ENDPOINTS}/{made['id']}/secrets/rotate"
    assert (await admin.post(path, json={"overlap_hours": hours})).status_code == 422


async def test_graphql_revokes_too_and_shows_no_sealed_secret(
    admin: Caller, subscribe: Subscribe
) -> None:
    made = await subscribe()
    await admin.post(f"{ENDPOINTS}/{made['id']}/secrets/rotate", json={})
    asked = "query($id: UUID!) { webhookEndpoint(id: $id) { secrets } }"
    shown = await admin.graphql("webhooks", asked, id=made["id"])
    secrets = shown["data"]["webhookEndpoint"]["secrets"]
    assert [sorted(each) for each in secrets] == [["created_at", "id", "until"]] * 2
    revoke = """mutation($id: UUID!, $secret: UUID!) {
        revokeWebhookSecret(id: $id, secretId: $secret) { ... on WebhookEndpoint { secrets } } }"""
    answer = await admin.graphql("webhooks", revoke, id=made["id"], secret=secrets[1]["id"])
    assert answer["data"]["revokeWebhookSecret"]["secrets"] == secrets[:1]
