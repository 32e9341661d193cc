"""What uvicorn itself does not bound: the head of a request."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from crmkit.local.ports import free_port
from crmkit.testing.house import until
from crmkit.web import protocol
from crmkit.web.protocol import BoundedProtocol, Joined
from tests.hostile.cases_wire import WIRE

GET = b"GET / HTTP/1.1\r\nhost: x\r\n"


async def app(scope: object, receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]  # the ASGI server's own
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]  # the ASGI server's own


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    config = uvicorn.Config(app, port=port, http=BoundedProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started)
    yield port
    server.should_exit = True
    await task


async def exchange(port: int, *parts: bytes) -> bytes:
    """What comes back, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_usual_request_is_answered(port: int) -> None:
    answer = await exchange(port, GET + b"connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204")


async def test_two_requests_on_one_connection_are_answered(port: int) -> None:
    big = b"x-padding: " + b"a" * 40_000 + b"\r\n"
    answer = await exchange(port, GET + big + b"\r\n", GET + big + b"connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 204") == 2


@pytest.mark.parametrize("start", [GET + b"x-a: ", b"GET /"])
async def test_a_head_without_end_is_cut(port: int, start: bytes) -> None:
    assert await exchange(port, start, *[b"a" * 16_384] * 8) == b""


async def test_a_head_that_takes_too_long_is_cut(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    assert await exchange(port, GET) == b""


@pytest.mark.parametrize("name", WIRE)
async def test_what_two_servers_would_read_differently_is_cut_with_400(
    port: int, name: str
) -> None:
    answer = await exchange(port, WIRE[name])
    heads = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
    assert heads[-1] == b"HTTP/1.1 400 Bad Request"
    assert len(heads) == 1 or heads == [b"HTTP/1.1 204 No Content", heads[-1]]


class _Wire(asyncio.Transport):
    """What was written, packet by packet."""

    def __init__(self) -> None:
        super().__init__()
        self.packets: list[bytes] = []
        self.is_open = True

    def write(self, data: Any) -> None:
        self.packets.append(data)

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        self.is_open = False


async def test_what_is_written_in_one_turn_of_the_loop_is_one_packet() -> None:
    wire = _Wire()
    joined = Joined(wire, asyncio.get_running_loop())
    for part in (b"head ", b"body"):
        joined.write(part)
    assert wire.packets == []
    await asyncio.sleep(0)
    joined.write(b"more")
    await asyncio.sleep(0)
    assert wire.packets == [b"head body", b"more"]


@pytest.mark.parametrize(("end", "packets"), [("close", [b"last"]), ("abort", [])])
async def test_a_connection_that_is_closed_sends_what_was_written_and_one_that_is_cut_does_not(
    end: str, packets: list[bytes]
) -> None:
    wire = _Wire()
    joined = Joined(wire, asyncio.get_running_loop())
    joined.write(b"last")
    getattr(joined, end)()
    await asyncio.sleep(0)
    assert (wire.packets, wire.is_open) == (packets, False)
