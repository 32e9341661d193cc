import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from crmkit.kernel import clock
from crmkit.testing.house import Caller, until
from crmkit.worker import end
from services.webhooks.dispatcher import AT_ONCE
from services.webhooks.leases import PER_ENDPOINT
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

ENDPOINTS = "/v1/webhook-endpoints"
Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\n"


async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while not writer.is_closing():
        writer.write(b"x-a: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless_hints(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)


async def huge_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"x-big: " + b"a" * 1_000_000 + b"\r\n\r\n")
    await writer.drain()


async def ten_megabytes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"content-length: 10000000\r\n\r\n")
    for _number in range(1000):
        writer.write(b"x" * 10_000)
        await writer.drain()


async def bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\n\x1f\x8b\x08xx")
    await writer.drain()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff not HTTP at all\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def serving(behave: Behave) -> AsyncIterator[str]:
    """A server that does its worst with every connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (stall, ("pending", "timeout")),
        (drip_headers, ("pending", "timeout")),
        (endless_hints, ("pending", "timeout")),
        (huge_headers, ("pending", "RemoteProtocolError")),
        (ten_megabytes, ("delivered", "")),
        (bomb, ("delivered", "")),
        (hang_up, ("pending", "RemoteProtocolError")),
        (babble, ("pending", "RemoteProtocolError")),
    ],
)
async def test_whatever_a_receiver_does_a_try_ends_in_time_and_is_written_down(
    behave: Behave,
    outcome: tuple[str, str],
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    turn: Turn,
) -> None:
    async with serving(behave) as url:
        await subscribe(url=url)
        await tell(an_event(tenant))
        started = time.monotonic()
        await turn()
        assert time.monotonic() - started < 10
    delivery = await only(admin)
    assert (delivery["state"], delivery["last_error"].split(":")[0]) == outcome
    attempts = await admin.get(f"{DELIVERIES}/{delivery['id']}/attempts")
    (tried,) = attempts.json()["items"]
    assert len(tried["answer"]) <= 4 * 2048


async def test_a_port_that_never_accepts_is_given_up_in_time(
    admin: Caller, tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    server = await asyncio.start_server(stall, "127.0.0.1", 0, backlog=1, start_serving=False)
    host, port = server.sockets[0].getsockname()
    await subscribe(url=f"http://{host}:{port}/")
    await tell(an_event(tenant))
    await turn()
    assert (await only(admin))["state"] == "pending"
    server.close()


@pytest.mark.parametrize("asked", ["-1", "1e9", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 40])
async def test_a_retry_after_that_makes_no_sense_is_bounded(
    asked: str,
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
) -> None:
    await subscribe()
    receiver.answers = [answer(429, retry_after=asked)]
    await tell(an_event(tenant))
    await turn()
    await turn(seconds=59)
    assert len(receiver.heard) == 1
    await turn(hours=24, minutes=1)
    assert len(receiver.heard) == 2


async def test_receivers_that_stall_leave_room_for_those_that_answer(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    """More stalled endpoints than there are places: half of the places are not for them."""
    async with serving(stall) as url:
        for n in range(AT_ONCE + 10):  # one by one: at once, they are more than the pool admits
            await subscribe(url=f"{url}{n}")
        await subscribe()
        await tell(an_event(tenant))
        async with turn.system.system() as connection:
            await connection.execute(
                "insert into webhook_host (tenant_id, id, version, created_at, updated_at, host,"
                " failures) values ($1, uuidv7(), 1, now(), now(), $2, 0)",
                tenant,
                f"127.0.0.1:{receiver.port}",
            )
        turn.dispatcher.deadline = 600  # no stalled one gives its place back

        async def healthy_one_heard() -> bool:
            await turn.dispatcher(turn.executor, turn.system)
            return len(receiver.heard) == 1

        await until(healthy_one_heard)
        assert 0 < sum(turn.dispatcher._running.values()) <= AT_ONCE // 2
        await end(turn.dispatcher._running)


async def test_a_host_unknown_until_now_gets_one_place_until_it_has_answered(
    tenant: UUID, subscribe: Subscribe, tell: Tell, receiver: Receiver, turn: Turn
) -> None:
    await subscribe()
    await tell(*(an_event(tenant) for _ in range(PER_ENDPOINT + 2)))
    turn.now = clock.now()
    await turn()
    assert len(receiver.heard) == 1
    await turn()
    assert len(receiver.heard) == 1 + PER_ENDPOINT


async def test_this_house_is_not_told_by_itself(
    admin: Caller, tenant: UUID, tell: Tell, turn: Turn, subscribe: Subscribe
) -> None:
    body = {"name": "loop", "types": ["*"]}
    for url in ("http://test/v1/capture/x", "https://TEST/hook"):
        refused = await admin.post(ENDPOINTS, json=body | {"url": url}, headers={"host": "test"})
        assert refused.status_code == 422
    made = await subscribe()
    headers = {"if-match": '"1"'}
    path = f"{ENDPOINTS}/{made['id']}"
    own = {"url": "http://127.0.0.1:8000/hook"}
    assert (
        await admin.patch(path, json=own, headers=headers | {"host": "127.0.0.1:8000"})
    ).status_code == 422
    assert (await admin.patch(path, json=own, headers=headers)).status_code == 200
