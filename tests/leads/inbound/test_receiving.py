"""What another system sends, signed: one lead for each message, and nothing of anybody else."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.house import house as put_together
from crmkit.kernel import clock, ids
from crmkit.kernel.keys import new_key
from crmkit.testing.house import Caller, House, lifespan
from crmkit.testing.plugin import Login
from services.leads.inbound.domain import MARK
from tests.leads.inbound_samples import HUB, MAPPING, SAID, Sender, new_endpoint
from tests.leads.samples import leads_of, made, new_lead

SIGNED = pytest.mark.parametrize("scheme", [{}, HUB], ids=["standard", "hmac"])


async def messages_of(caller: Caller, **asked: str) -> list[dict[str, Any]]:
    answer = await caller.get("/v1/inbound-messages", params=asked)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def counted(caller: Caller, endpoint: dict[str, Any]) -> dict[str, int]:
    """What came today."""
    answer = await caller.get(f"/v1/inbound-endpoints/{endpoint['id']}/days")
    (today,) = answer.json()["items"]
    return {name: today[name] for name in ("taken", "repeated", "unsigned")}


@SIGNED
async def test_a_signed_message_becomes_a_lead_by_the_mapping(
    login: Login, anybody: httpx.AsyncClient, scheme: dict[str, Any]
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, product="S5", **scheme)
    answer = await Sender(anybody, endpoint).send(message_id="m1", cookie="session=1")
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    (lead,) = await leads_of(marketing)
    facts = ("company", "contact_name", "email", "phone", "region", "source", "product")
    assert [lead[name] for name in facts] == [
        "苏州恒岭",
        "王静",
        "wang@example.com",
        "13800000001",
        "上海",
        "partner",
        "S5",
    ]
    assert lead["budget"] == {"amount": "1200.50", "currency": "CNY"}
    assert (lead["owner_id"], lead["team"]) == (endpoint["owner_id"], endpoint["team"])
    (born,) = (await marketing.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert born["actor"] == f"inbound:{endpoint['id']}"
    (message,) = await messages_of(marketing, lead_id=lead["id"])
    assert (message["message_id"], message["status"]) == ("m1", "accepted")
    assert json.loads(message["body"]) == SAID
    assert message["size"] == len(message["body"].encode())
    assert "cookie" not in message["headers"]
    assert message["headers"]["content-type"] == "application/json"


async def test_the_day_of_an_instant_is_shown_as_of_it_where_no_more_came(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing)
    path, sender = f"/v1/inbound-endpoints/{endpoint['id']}/days", Sender(anybody, endpoint)
    await sender.send()
    first = (await marketing.get(path)).json()
    then = {"as_of": clock.now().isoformat()}
    assert (await marketing.get(path, params=then)).json() == first
    await sender.send()
    assert (await counted(marketing, endpoint))["taken"] == 2
    assert (await marketing.get(path, params=then)).json() == {"items": []}


async def test_what_was_sent_is_told_by_no_event(login: Login, anybody: httpx.AsyncClient) -> None:
    marketing = await login("leads", "marketing")
    await Sender(anybody, await new_endpoint(marketing)).send()
    (message,) = await messages_of(marketing)
    told = await marketing.get(f"/v1/inbound-messages/{message['id']}/history")
    assert [each["type"] for each in told.json()["items"]] == ["inbound_message.accepted.v1"]
    async with marketing.executor.database.lend(marketing.actor.tenant_id) as connection:
        events = await connection.fetch("select data::text from event where type like 'inbound%'")
    assert "wang@example.com" not in str([event["data"] for event in events])


@SIGNED
async def test_of_many_copies_at_once_one_becomes_a_lead(
    login: Login, anybody: httpx.AsyncClient, scheme: dict[str, Any]
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, **scheme)
    sender = Sender(anybody, endpoint)
    answers = await asyncio.gather(*(sender.send(message_id="m1") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {202}
    assert (await sender.send(message_id="m1")).status_code == 202
    assert len(await leads_of(marketing)) == len(await messages_of(marketing)) == 1
    told = await counted(marketing, endpoint)
    assert told["taken"] + told["repeated"] == 13
    assert told["repeated"] >= 1


@pytest.mark.parametrize("id_header", ["", "x-delivery"], ids=["no id", "an id nobody signed"])
async def test_messages_without_signed_ids_are_one_where_they_say_the_same(
    login: Login, anybody: httpx.AsyncClient, id_header: str
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, **HUB | {"id_header": id_header})
    sender = Sender(anybody, endpoint | {"id_header": id_header or "x-ignored"})
    for city in ("SH", "SH", "BJ"):
        assert (await sender.send({"data": SAID["data"] | {"city": city}})).status_code == 202
    assert sorted(lead["region"] for lead in await leads_of(marketing)) == ["BJ", "上海"]


async def test_an_id_that_says_something_else_is_refused_and_kept_once(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    sender = Sender(anybody, await new_endpoint(marketing))
    await sender.send(message_id="m1")
    other = {"data": {"firm": "Another"}}
    for _ in range(2):
        answer = await sender.send(other, message_id="m1")
        assert (answer.status_code, answer.json()["code"]) == (409, "inbound.reused")
    today = await counted(marketing, sender.endpoint)
    assert (today["taken"], today["repeated"]) == (2, 1)
    (kept,) = await messages_of(marketing, status="refused")
    assert (kept["code"], json.loads(kept["body"])) == ("inbound.reused", other)
    assert len(await leads_of(marketing)) == 1
    await made(marketing, f"/v1/inbound-messages/{kept['id']}/replay", {})
    assert [lead["company"] for lead in await leads_of(marketing)] == ["Another", "苏州恒岭"]


async def test_a_plain_message_of_before_is_known_by_its_id_and_what_it_said(
    login: Login, anybody: httpx.AsyncClient, house: House
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, **HUB)
    sender = Sender(anybody, endpoint)
    await sender.send(message_id="m1")
    before = "update inbound_message set place = message_id where endpoint_id = $1"
    async with (await house.system("leads")).system() as connection:
        await connection.execute(before, UUID(endpoint["id"]))
    assert (await sender.send(message_id="m1")).status_code == 202
    assert (await sender.send({"data": {"firm": "Another"}}, message_id="m1")).status_code == 202
    assert [lead["company"] for lead in await leads_of(marketing)] == ["Another", "苏州恒岭"]


async def test_every_message_that_is_not_signed_is_refused_in_one_voice_and_counted(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing)
    sender = Sender(anybody, endpoint)
    body = json.dumps(SAID).encode()
    right = sender.signed(body, "m1")
    stranger = Sender(anybody, await new_endpoint(marketing))
    wrong = [
        (body, {"content-type": "application/json"}),
        (body, right | {"webhook-signature": stranger.signed(body, "m1")["webhook-signature"]}),
        (body, right | {"webhook-id": "m2"}),
        (json.dumps(SAID, indent=1).encode(), right),
        (body, sender.signed(body, "m1", clock.now() - timedelta(seconds=310))),
        (b"no json", right),
    ]
    answers = [await sender.post(*each) for each in wrong]
    told = {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}
    assert told == {(401, "inbound.signature", "this is not signed as it should be")}
    assert await leads_of(marketing) == await messages_of(marketing) == []
    assert await counted(marketing, endpoint) == {"taken": 0, "repeated": 0, "unsigned": 6}


async def test_every_key_that_opens_nothing_is_refused_in_one_voice(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint, ended, old = [await new_endpoint(marketing) for _ in range(3)]
    await made(marketing, f"/v1/inbound-endpoints/{ended['id']}/revoke", {})
    path = f"/v1/inbound-endpoints/{old['id']}/rotate"
    await made(marketing, path, {"overlap_hours": 0})
    other = await login("leads", "marketing", tenant=ids.new())
    theirs = await new_endpoint(other)
    ours = marketing.actor.tenant_id
    wrong = {
        "revoked": ended["key"],
        "rotated": old["key"],
        "guessed": new_key(ours, UUID(endpoint["id"]), MARK),
        "theirs as ours": new_key(ours, UUID(theirs["id"]), MARK),
        "a form's": new_key(ours, UUID(endpoint["id"]), "crm_form_"),
        "nothing like it": "x",
    }
    senders = [Sender(anybody, endpoint | {"key": key}) for key in wrong.values()]
    answers = [await sender.send() for sender in senders]
    told = {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}
    assert told == {(404, "inbound.unknown", "no such endpoint")}
    assert await leads_of(marketing) == await leads_of(other) == []


async def test_an_endpoint_that_takes_nothing_for_now_says_so_to_its_system_alone(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, active=False)
    sender = Sender(anybody, endpoint)
    answer = await sender.send()
    assert (answer.status_code, answer.json()["code"]) == (403, "inbound.inactive")
    assert (await sender.send(webhook_id="x")).status_code == 401
    assert await messages_of(marketing) == []


async def test_both_secrets_hold_while_a_rotation_overlaps(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing)
    sender = Sender(anybody, endpoint)
    path = f"/v1/inbound-endpoints/{endpoint['id']}/secrets/rotate"
    second = await made(marketing, path, {"overlap_hours": 1})
    assert (await sender.send()).status_code == 202
    sender.secret = second["secret"]
    assert (await sender.send()).status_code == 202
    third = await made(marketing, path, {"overlap_hours": 0})
    assert (await sender.send()).status_code == 401
    sender.secret = third["secret"]
    assert (await sender.send()).status_code == 202


@pytest.mark.parametrize(
    ("said", "headers", "status", "code"),
    [
        (b"{", {}, 422, "body.malformed"),
        (b"", {}, 422, "body.malformed"),
        (b'{"a":1,"a":2}', {}, 422, "body.malformed"),
        (b'{"data":{"firm":"\xff"}}', {}, 422, "body.malformed"),
        (b'{"data":{"firm":"a\0b"}}', {}, 422, "body.malformed"),
        (b'{"data":{"firm":"a\\u0000b"}}', {}, 422, "field.value_error"),
        (b"[" * 40 + b"]" * 40, {}, 422, "body.malformed"),
        (b"[]", {}, 422, "field.string_type"),
        (b'{"data":{"firm":["a"]}}', {}, 422, "field.string_type"),
        (b'{"data":{"firm":"A","budget":"NaN"}}', {}, 422, "field.value_error"),
        (b'{"data":{"firm":"A"}}', {"content_type": "text/plain"}, 415, "body.media_type"),
    ],
)
async def test_what_does_not_fit_is_refused_and_kept_as_it_was_sent(
    login: Login,
    anybody: httpx.AsyncClient,
    said: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    marketing = await login("leads", "marketing")
    answer = await Sender(anybody, await new_endpoint(marketing)).send(said, **headers)
    problem = answer.json()
    first = (problem.get("errors") or [problem])[0]
    assert (answer.status_code, first["code"]) == (status, code)
    (kept,) = await messages_of(marketing)
    assert (kept["status"], kept["code"]) == ("refused", problem["code"])
    assert kept["faults"] == problem.get("errors", [])
    assert (kept["size"], kept["lead_id"]) == (len(said), None)
    assert await leads_of(marketing) == []
    again = await marketing.post(f"/v1/inbound-messages/{kept['id']}/replay")
    assert again.is_success is (status == 415)


async def test_more_than_16_kib_are_not_read(login: Login, anybody: httpx.AsyncClient) -> None:
    marketing = await login("leads", "marketing")
    answer = await Sender(anybody, await new_endpoint(marketing)).send(b" " * 17 * 1024)
    assert answer.status_code == 413
    assert await messages_of(marketing) == []


async def test_a_refused_message_is_replayed_once_the_mapping_fits(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing)
    assert (await Sender(anybody, endpoint).send({"name": "Acme"})).status_code == 422
    (kept,) = await messages_of(marketing)
    path = f"/v1/inbound-messages/{kept['id']}"
    early = await marketing.post(f"{path}/replay")
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/company")
    await marketing.patch(
        f"/v1/inbound-endpoints/{endpoint['id']}",
        json={"mapping": [{"field": "company", "pointer": "/name"}]},
        headers={"if-match": '"1"'},
    )
    replayed = await made(marketing, f"{path}/replay", {})
    (lead,) = await leads_of(marketing)
    assert (replayed["status"], replayed["lead_id"], replayed["code"], replayed["faults"]) == (
        "accepted",
        lead["id"],
        "",
        [],
    )
    twice = await marketing.post(f"{path}/replay")
    assert (twice.status_code, twice.json()["code"]) == (409, "lifecycle.illegal")
    assert await marketing.emitted(kept["id"]) == [
        "inbound_message.kept.v1",
        "inbound_message.accepted.v1",
    ]


async def test_a_sender_who_tries_again_replays_what_was_refused(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, daily_cap=1)
    sender = Sender(anybody, endpoint)
    for _ in range(2):
        assert (await sender.send({"name": "Acme"}, message_id="m1")).status_code == 422
    await marketing.patch(
        f"/v1/inbound-endpoints/{endpoint['id']}",
        json={"mapping": [{"field": "company", "pointer": "/name"}]},
        headers={"if-match": '"1"'},
    )
    assert (await sender.send({"name": "Acme"}, message_id="m1")).status_code == 202
    (message,) = await messages_of(marketing)
    assert (message["status"], message["version"]) == ("accepted", 2)


async def test_a_customer_who_is_a_lead_already_is_kept_as_a_duplicate(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    known = await new_lead(marketing, phone="+86 138 0000 0001")
    endpoint = await new_endpoint(marketing, duplicates="refuse")
    answer = await Sender(anybody, endpoint).send()
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    (kept,) = await messages_of(marketing)
    assert (kept["status"], kept["code"]) == ("duplicate", "lead.duplicate")
    assert [lead["id"] for lead in await leads_of(marketing)] == [known["id"]]
    other = await new_endpoint(marketing, duplicates="override")
    await Sender(anybody, other).send()
    (twin,) = [lead for lead in await leads_of(marketing) if lead["id"] != known["id"]]
    assert twin["duplicate_of"] == known["id"]


async def test_what_cannot_be_done_here_is_taken_and_kept_as_failed(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    mapping = [*MAPPING, {"field": "external_id", "pointer": "/id"}]
    endpoint = await new_endpoint(marketing, external_system="shop", mapping=mapping)
    lead = await new_lead(marketing, external_system="shop", external_id="7")
    await marketing.delete(f"/v1/leads/{lead['id']}", headers={"if-match": '"1"'})
    assert (await Sender(anybody, endpoint).send(SAID | {"id": 7})).status_code == 202
    (kept,) = await messages_of(marketing)
    assert (kept["status"], kept["code"]) == ("failed", "lead.deleted")
    await marketing.post(f"/v1/leads/{lead['id']}/restore")
    await made(marketing, f"/v1/inbound-messages/{kept['id']}/replay", {})
    assert [(each["id"], each["company"]) for each in await leads_of(marketing)] == [
        (lead["id"], "苏州恒岭")
    ]


async def test_a_record_that_comes_again_changes_its_lead_and_what_it_says_alone(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    mapping = [*MAPPING[:2], {"field": "external_id", "pointer": "/id"}]
    endpoint = await new_endpoint(marketing, external_system="shop", mapping=mapping)
    sender = Sender(anybody, endpoint)
    assert (await sender.send(SAID | {"id": "7"})).status_code == 202
    (lead,) = await leads_of(marketing)
    await marketing.patch(
        f"/v1/leads/{lead['id']}",
        json={"source": "fair", "need": "3D"},
        headers={"if-match": '"1"'},
    )
    assert (await sender.send({"id": 7, "data": {"firm": "Acme"}})).status_code == 202
    (after,) = await leads_of(marketing)
    assert (after["id"], after["company"], after["source"], after["need"]) == (
        lead["id"],
        "Acme",
        "fair",
        "3D",
    )
    assert (after["contact_name"], after["external_id"]) == ("王静", "7")


async def test_an_endpoint_takes_so_many_messages_a_day_and_keeps_no_more(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    endpoint = await new_endpoint(marketing, daily_cap=3)
    sender = Sender(anybody, endpoint)
    answers = await asyncio.gather(*(sender.send(message_id=f"m{n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 5
    full = next(answer for answer in answers if answer.status_code == 429)
    assert full.json()["code"] == "inbound.cap"
    assert 1 <= int(full.headers["retry-after"]) <= 86_400
    assert len(await messages_of(marketing)) == 3
    done = next(message["message_id"] for message in await messages_of(marketing))
    assert (await sender.send(message_id=done)).status_code == 202


async def test_the_key_of_one_tenant_writes_to_that_tenant_alone(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    other = await login("leads", "marketing", tenant=ids.new())
    token = marketing.client.headers["authorization"]
    sender = Sender(anybody, await new_endpoint(other))
    assert (await sender.send(authorization=token)).status_code == 202
    assert await leads_of(marketing) == []
    (message,) = await messages_of(other)
    assert "authorization" not in message["headers"]


async def test_the_paths_beside_the_door_ask_for_a_token(anybody: httpx.AsyncClient) -> None:
    for path in ("/v1/inbound-endpoints", "/v1/inbound-messages", "/v1/inbound"):
        assert (await anybody.get(path)).status_code == 401
    replay = await anybody.post(f"/v1/inbound-messages/{ids.new()}/replay")
    assert replay.status_code == 401


async def test_who_signs_wrongly_too_often_is_not_listened_to(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await new_endpoint(await login("leads", "marketing"))
    monkeypatch.setenv("CRM_RATE_FAILURES", "1")
    app = put_together([house.service("leads")], house.settings("leads"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        lifespan(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        sender = Sender(client, endpoint)
        sender.secret = "whsec_" + "A" * 44
        answers = [await sender.send() for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
