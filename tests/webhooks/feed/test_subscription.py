"""The feed as a GraphQL subscription: by websocket and by SSE, over a real port."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from crmkit.house import house as make_house
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from crmkit.web import keys, leavers
from crmkit.web.graphql.live import MOST_AT_ONCE, MOST_OF_A_SOCKET
from tests.hostile.test_leavers import tell as note
from tests.identity.samples import new_key
from tests.webhooks.samples import Tell, an_event

EVENTS = """subscription S($after: String, $types: [String!], $aggregateId: UUID) {
  events(after: $after, types: $types, aggregateId: $aggregateId) { id type cursor data }
}"""
EVENT_STREAM = {"accept": "text/event-stream"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(house: House) -> AsyncIterator[str]:
    async with listening(house) as there:
        yield there


@asynccontextmanager
async def listening(house: House, **settings: Any) -> AsyncIterator[str]:
    """The service on a port of its own."""
    await house.executor("webhooks")
    told = house.settings("webhooks").model_copy(update=settings)
    app = make_house([house.service("webhooks")], told)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    running = asyncio.create_task(server.serve())

    async def listens() -> bool:
        return server.started

    await until(listens)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}/graphql/webhooks"
    server.should_exit = True
    await running


def bearer(caller: Caller) -> str:
    return caller.client.headers["authorization"]


@asynccontextmanager
async def socket(url: str, token: str | None) -> AsyncIterator[ClientConnection]:
    """A websocket that has been let in."""
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(f"ws://{url}", subprotocols=[protocol], proxy=None) as opened:
        await say(opened, type="connection_init", payload={"authorization": token})
        assert (await hear(opened))["type"] == "connection_ack"
        yield opened


async def say(opened: ClientConnection, **message: Any) -> None:
    await opened.send(json.dumps(message))


async def hear(opened: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(15):
        said = await opened.recv()
    assert isinstance(said, str)
    heard: dict[str, Any] = json.loads(said)
    return heard


async def subscribe(opened: ClientConnection, name: str = "1", **variables: Any) -> None:
    payload = {"query": EVENTS, "variables": variables}
    await say(opened, type="subscribe", id=name, payload=payload)


async def told(opened: ClientConnection) -> dict[str, Any]:
    """The next event."""
    heard = await hear(opened)
    assert heard["type"] == "next", heard
    event: dict[str, Any] = heard["payload"]["data"]["events"]
    return event


@asynccontextmanager
async def streamed(
    url: str, token: str, **variables: Any
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[tuple[str, Any]]]]:
    """The answer, and each event of it: its name and its data."""
    body = {"query": EVENTS, "variables": variables}
    headers = EVENT_STREAM | {"authorization": token}
    async with (
        httpx.AsyncClient(timeout=15) as client,
        client.stream("POST", f"http://{url}", json=body, headers=headers) as answer,
    ):
        yield answer, _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in answer.aiter_lines():
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        elif kind == "data" or line == "data:":
            yield name, json.loads(value) if value else None


async def test_a_websocket_hears_what_happens_after_a_cursor_and_from_then_on(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    first, second, third = (an_event(tenant) for _ in range(3))
    await tell(first, second)
    async with socket(url, bearer(admin)) as opened:
        await subscribe(opened, after="0")
        heard = [await told(opened), await told(opened)]
        await tell(third)
        heard.append(await told(opened))
    assert [each["id"] for each in heard] == [str(each.id) for each in (first, second, third)]
    async with socket(url, bearer(admin)) as again:
        await subscribe(again, after=heard[1]["cursor"])
        assert (await told(again))["id"] == str(third.id)


async def test_without_a_cursor_only_what_happens_from_now_on_is_told(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    before = an_event(tenant)
    await tell(before)
    heard: dict[str, str] = {}
    since: set[str] = set()
    async with socket(url, bearer(admin)) as opened:
        await subscribe(opened, "live")
        await subscribe(opened, "whole", after="0")
        while "live" not in heard:  # nothing says that it has begun
            said = await hear(opened)
            heard.setdefault(said["id"], said["payload"]["data"]["events"]["id"])
            await tell(later := an_event(tenant))
            since.add(str(later.id))
    assert heard["whole"] == str(before.id)
    assert heard["live"] in since


async def test_only_types_and_aggregates_that_are_asked_for_are_told(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    won, created = an_event(tenant, "opportunity.won.v1"), an_event(tenant)
    async with socket(url, bearer(admin)) as opened:
        await subscribe(opened, "won", after="0", types=["opportunity.*"])
        await subscribe(opened, "one", after="0", aggregateId=str(created.subject))
        await tell(an_event(tenant), won, created)
        heard = [await hear(opened), await hear(opened)]
    assert {each["id"]: each["payload"]["data"]["events"]["id"] for each in heard} == {
        "won": str(won.id),
        "one": str(created.id),
    }


async def test_a_partner_hears_only_of_what_is_theirs_and_nothing_personal(
    url: str, login: Login, tenant: UUID, tell: Tell
) -> None:
    partner = await login("webhooks", "partner")
    theirs = an_event(tenant, owner_id=partner.actor.member_id)
    await tell(an_event(tenant), an_event(ids.new()), theirs)
    async with socket(url, bearer(partner)) as opened:
        await subscribe(opened, after="0")
        event = await told(opened)
        await say(opened, type="ping")
        assert (await hear(opened))["type"] == "pong"
    assert event["id"] == str(theirs.id)
    assert event["data"]["state"].get("email") is None


async def test_an_event_stream_tells_the_same(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    before, after = an_event(tenant), an_event(tenant)
    await tell(before)
    async with streamed(url, bearer(admin), after="0") as (answer, events):
        assert answer.headers["content-type"].startswith("text/event-stream")
        name, said = await anext(events)
        assert (name, said["data"]["events"]["id"]) == ("next", str(before.id))
        await tell(after)
        assert (await anext(events))[1]["data"]["events"]["id"] == str(after.id)


@pytest.mark.parametrize(
    ("role", "variables", "code"),
    [
        ("admin", {"types": ["moonbase.*"]}, "parameter.invalid"),
        ("admin", {"after": "x"}, "cursor.invalid"),
        ("sales_rep", {}, "forbidden"),
    ],
)
async def test_a_subscription_that_is_refused_says_why_and_ends(
    url: str, login: Login, role: str, variables: dict[str, Any], code: str
) -> None:
    caller = await login("webhooks", role)
    async with streamed(url, bearer(caller), **variables) as (_, events):
        heard = [each async for each in events]
    (_, said), end = heard
    assert said["errors"][0]["extensions"]["code"] == code
    assert end == ("complete", None)


async def test_a_token_that_ends_ends_the_subscription(
    url: str, house: House, tenant: UUID
) -> None:
    almost_over = -(30 - 3) / 3600
    """Hours; 30 s after its end a token holds still, for clocks that differ."""
    token = house.issuer.token(tenant, ids.new(), ["admin"], hours=almost_over)
    async with socket(url, f"Bearer {token}") as opened:
        await subscribe(opened)
        async with streamed(url, f"Bearer {token}") as (_, events):
            heard = [each async for each in events]
        last, end = await hear(opened), await hear(opened)
    assert heard[0][1]["errors"][0]["extensions"]["code"] == "token.invalid"
    assert heard[1] == ("complete", None)
    assert last["payload"]["errors"][0]["extensions"]["code"] == "token.invalid"
    assert end["type"] == "complete"


async def test_one_caller_has_only_so_many_subscriptions_and_another_is_not_hindered(
    url: str, admin: Caller, login: Login, tenant: UUID, tell: Tell
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(socket(url, bearer(admin))) for _ in range(3)]
        for number in range(MOST_AT_ONCE):
            await subscribe(sockets[number % 2], str(number), after="0")
        await tell(an_event(tenant))
        for number in range(MOST_AT_ONCE):
            await told(sockets[number % 2])
        await subscribe(sockets[2])
        refused = await hear(sockets[2])
        async with streamed(url, bearer(admin)) as (answer, _):
            await answer.aread()
        async with socket(url, bearer(await login("webhooks", "auditor"))) as other:
            await subscribe(other, after="0")
            await told(other)
    assert refused["payload"][0]["extensions"]["code"] == "subscriptions.too_many"
    assert (answer.status_code, answer.json()["code"]) == (429, "subscriptions.too_many")


async def test_one_socket_has_only_so_many_subscriptions_and_another_is_not_hindered(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    await tell(an_event(tenant))
    async with socket(url, bearer(admin)) as opened, socket(url, bearer(admin)) as second:
        for number in range(MOST_OF_A_SOCKET):
            await subscribe(opened, str(number), after="0")
            await told(opened)
        await subscribe(opened, "over", after="0")
        refused = await hear(opened)
        await say(opened, type="complete", id="0")
        await subscribe(opened, "in its place", after="0")
        await told(opened)
        await subscribe(second, after="0")
        await told(second)
    assert (refused["type"], refused["id"]) == ("error", "over")
    assert refused["payload"][0]["extensions"]["code"] == "subscriptions.too_many"


async def test_each_subscription_counts_as_a_read_even_one_that_is_refused(
    house: House, admin: Caller
) -> None:
    async with listening(house, rate_read=1) as url, socket(url, bearer(admin)) as opened:
        codes = []
        for number in range(MOST_OF_A_SOCKET):
            payload = {"query": "subscription { nothing }"}
            await say(opened, type="subscribe", id=str(number), payload=payload)
            (error,) = (await hear(opened))["payload"]
            codes.append(error.get("extensions", {}).get("code"))
    assert codes[0] != "rate.limited"
    assert codes[-1] == "rate.limited"


async def test_a_key_that_is_revoked_ends_its_subscription(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    await house.work("identity", "webhooks")
    admin = await login("identity", "admin")
    made = await new_key(admin, roles=["auditor"])
    await house.caught_up("identity", "webhooks")
    async with (
        listening(house) as url,
        socket(url, f"Bearer {made['secret']}") as opened,
        streamed(url, f"Bearer {made['secret']}") as (_, events),
    ):
        await subscribe(opened)
        revoked = await admin.post(f"/v1/keys/{made['id']}/revoke")
        assert revoked.is_success, revoked.text
        last, end = await hear(opened), await hear(opened)
        heard = [each async for each in events]
    assert last["payload"]["errors"][0]["extensions"]["code"] == "token.invalid"
    assert end["type"] == "complete"
    assert heard[-2][1]["errors"][0]["extensions"]["code"] == "token.invalid"


async def test_who_leaves_is_told_so_and_hears_no_more(
    house: House, login: Login, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leavers, "KEEP_SECONDS", 0.2)
    person = await login("webhooks", "admin")
    async with listening(house) as url, socket(url, bearer(person)) as opened:
        await subscribe(opened)
        await note(house, "webhooks", tenant, person.actor.member_id, active=False)
        last, end = await hear(opened), await hear(opened)
    assert last["payload"]["errors"][0]["extensions"]["code"] == "member.inactive"
    assert end["type"] == "complete"


async def test_a_subscription_that_is_over_makes_room(
    url: str, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    await tell(an_event(tenant))
    async with socket(url, bearer(admin)) as opened:
        for number in range(MOST_AT_ONCE + 2):
            await subscribe(opened, str(number), after="0")
            await told(opened)
            await say(opened, type="complete", id=str(number))
    async with streamed(url, bearer(admin), after="0") as (_, events):
        assert (await anext(events))[0] == "next"


@pytest.mark.parametrize("token", [None, "Bearer x", "Basic x", 1])
async def test_nobody_is_let_in_without_a_token_that_holds(url: str, token: Any) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        async with socket(url, token):
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_websocket_runs_subscriptions_only(url: str, admin: Caller) -> None:
    async with connect(
        f"ws://{url}",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers={"authorization": bearer(admin)},
        proxy=None,
    ) as opened:
        await say(opened, type="connection_init")
        assert (await hear(opened))["type"] == "connection_ack"
        payload = {"query": "{ events { nextCursor } }"}
        await say(opened, type="subscribe", id="1", payload=payload)
        heard = await hear(opened)
    assert heard["type"] == "error"
    assert "data" not in heard


async def test_a_subscription_is_not_answered_as_json(admin: Caller) -> None:
    answer = await admin.post("/graphql/webhooks", json={"query": EVENTS})
    assert (answer.status_code, answer.json()["code"]) == (400, "graphql.malformed")
