"""The client against a server of its own that says "later"."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from crmkit.remote import api
from crmkit.remote.api import Api, Refused

LATER = "429 Too Many Requests\r\nretry-after: {}"
DONE = "200 OK"


@asynccontextmanager
async def answering(*heads: str) -> AsyncIterator[str]:
    """A server that gives these answers, one after the other; its URL."""
    left = list(heads)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {left.pop(0)}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
        writer.write(head.encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert left == []


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(api, "sleep", sleep)
    return slept


async def test_who_is_told_to_come_later_comes_later(pauses: list[float]) -> None:
    async with answering(LATER.format(2), LATER.format(0), DONE) as url, Api(url, "t") as client:
        assert await client.ask("POST", "/v1/leads/batch") == {}
    assert pauses == [2, 1]


async def test_looking_for_something_waits_too(pauses: list[float]) -> None:
    async with answering(LATER.format(1), DONE, DONE) as url, Api(url, "t") as client:
        assert await client.find("/v1/tenant") == {}
    assert pauses == [1]


@pytest.mark.parametrize("head", [LATER.format(999), LATER.format("soon"), "503 Away"])
async def test_nobody_waits_for_ever_nor_for_what_was_not_said(
    pauses: list[float], head: str
) -> None:
    async with answering(head) as url, Api(url, "t") as client:
        with pytest.raises(Refused):
            await client.ask("GET", "/v1/leads")
    assert pauses == []
