"""A webhook that nobody should send is refused for its reason, and becomes no lead."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from tests.hostile.cases import Body, Value
from tests.hostile.cases_inbound import DELIVERIES, DOORS, Delivery
from tests.hostile.cases_requests import BODIES
from tests.hostile.cases_values import VALUES
from tests.hostile.doors import OWN, told_by
from tests.leads.inbound_samples import Sender, new_endpoint
from tests.leads.lead.test_custom import define
from tests.leads.samples import made

_OWN = ("note", "size", "at", "on", "ok", "site", "tier")
_TEXTS = (
    *("company", "need", "email", "phone", "budget.amount", "budget.currency"),
    *(f"custom.{key}" for key in _OWN),
)
_MAPPING: list[dict[str, Any]] = [
    *({"field": name, "pointer": f"/{name}"} for name in _TEXTS),
    {"field": "contact_name", "default": "Nobody"},
]
_OPEN = 16 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(house: House) -> AsyncIterator[Caller]:
    caller = await house.caller("leads", ids.new(), "admin")
    for key in _OWN:
        await define(caller, key, OWN[key])
    yield caller
    await caller.client.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anybody(house: House, admin: Caller) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(await house.api("leads"), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def sender_of(admin: Caller, anybody: httpx.AsyncClient, **fields: Any) -> Sender:
    return Sender(anybody, await new_endpoint(admin, mapping=_MAPPING, **fields))


async def deliver(sender: Sender, case: Delivery) -> httpx.Response:
    if case.after:
        await sender.send(case.after, message_id=case.id)
    right = sender.signed(case.said, case.id, clock.now() - timedelta(seconds=case.late))
    signature = right["webhook-signature"].removeprefix("v1,")
    known = {
        "id": case.id,
        "at": right["webhook-timestamp"],
        "signature": signature,
        "hex": base64.b64decode(signature).hex(),
    }
    instead = {name: value.format(**known) for name, value in case.headers.items()}
    return await sender.post(case.said if case.sent is None else case.sent, right | instead)


@pytest.mark.parametrize("case", DELIVERIES, ids=lambda case: f"{case.line} {case.name}")
async def test_a_delivery_is_answered_for_its_reason(
    admin: Caller, anybody: httpx.AsyncClient, case: Delivery
) -> None:
    sender = await sender_of(admin, anybody)
    told = told_by(await deliver(sender, case))
    assert (told.told, told.faults) == (case.answer, [])
    path = f"/v1/inbound-messages?endpoint_id={sender.endpoint['id']}&status=accepted"
    accepted = (await admin.get(path)).json()["items"]
    assert len(accepted) == (case.answer == "202" or bool(case.after))


async def test_an_endpoint_that_takes_nothing_says_why(
    admin: Caller, anybody: httpx.AsyncClient
) -> None:
    full = await sender_of(admin, anybody, daily_cap=1)
    await full.send({"company": "Acme"})
    revoked = await sender_of(admin, anybody)
    await made(admin, f"/v1/inbound-endpoints/{revoked.endpoint['id']}/revoke", {})
    unknown = Sender(anybody, full.endpoint | {"key": f"{full.endpoint['key']}x"})
    inactive = await sender_of(admin, anybody, active=False)
    senders = dict(zip(DOORS, (unknown, revoked, inactive, full), strict=True))
    answers = {name: await each.send({"company": "B"}) for name, each in senders.items()}
    assert {name: told_by(answer).told for name, answer in answers.items()} == DOORS


def of_body(case: Body) -> str:
    """A body is signed before it is read, has 16 KiB, and is quarantined where it is no JSON."""
    if len(case.sent) > _OPEN:
        return "413 body.too_large"
    if case.rest == "400 body.malformed" or not case.sent:
        return "422 body.malformed"
    return "202" if case.rest.startswith("422") else case.rest


async def test_a_body_is_refused_by_this_door_too(
    admin: Caller, anybody: httpx.AsyncClient
) -> None:
    sender = await sender_of(admin, anybody)
    found = {}
    for case in BODIES:
        signed = sender.signed(case.sent, str(ids.new())) | dict(case.headers)
        found[case.name] = told_by(await sender.post(case.sent, signed))
    assert {name: each.told for name, each in found.items()} == {
        case.name: of_body(case) for case in BODIES
    }
    assert [each.faults for each in found.values() if each.faults] == []


def is_sent_here(case: Value) -> bool:
    """A text, or what is no JSON, for a field that a message can fill."""
    is_text = case.raw[0] == '"' != case.raw[1:2]
    known = case.room == "lead" and case.member in _TEXTS
    return known and (is_text or case.rest == "400 body.malformed")


def of_value(case: Value) -> str:
    """As REST refuses it, but for what is too large for this door."""
    if len(case.raw.encode("utf-8", "surrogatepass")) > _OPEN:
        return "413 body.too_large"
    if case.rest == "400 body.malformed":
        return "422 body.malformed"
    return case.rest.replace("201", "202")


async def test_a_text_is_refused_by_this_door_for_the_same_reason(
    admin: Caller, anybody: httpx.AsyncClient
) -> None:
    sender = await sender_of(admin, anybody)
    sent = [case for case in VALUES if is_sent_here(case)]
    assert {case.line for case in sent} >= {2, 3, 4, 5, 6, 7, 29, 30, 31, 32, 33}
    wrong = []
    for case in sent:
        money = {"budget.amount": '"1.00"', "budget.currency": '"CNY"'}
        usual = {"company": '"Acme"'} | (money if case.member in money else {})
        said = ",".join(f'"{n}":{raw}' for n, raw in (usual | {case.member: case.raw}).items())
        answer = await sender.send(f"{{{said}}}".encode("utf-8", "surrogatepass"))
        told = told_by(answer)
        if told.told != of_value(case) or told.faults:
            wrong.append(f"{case.name}: {told.told}, not {of_value(case)} {told.faults}")
    assert not wrong, "\n".join(wrong)
