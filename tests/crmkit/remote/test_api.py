"""The client against a server of its own that says "later"."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
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


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            {"detail": "from: a day", "errors": [{"pointer": "/from", "message": "from: a day"}]},
            "parameter.invalid: from: a day",
        ),
        (
            {"detail": "too small", "errors": [{"pointer": "/size", "message": "too small"}]},
            "parameter.invalid: /size: too small",
        ),
        (
            {"detail": "does not fit", "errors": [{"pointer": "/size", "message": "too small"}]},
            "parameter.invalid: does not fit /size: too small",
        ),
        ({"detail": "away"}, "parameter.invalid: away"),
    ],
)
def test_a_problem_is_said_once(problem: dict[str, Any], said: str) -> None:
    answer = httpx.Response(422, json={"code": "parameter.invalid"} | problem)
    assert api.said(answer) == said


@pytest.mark.parametrize("name", ["CRM_URL", "CRM_TOKEN"])
def test_a_variable_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CRM_URL", "http://house")
    monkeypatch.setenv("CRM_TOKEN", "token")
    monkeypatch.setenv(name, " ")
    with pytest.raises(Refused, match=f"^{name} is not set"):
        Api.from_environment()
