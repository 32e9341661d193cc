"""What the tests of webhooks are made of: a receiver that answers as told, and events."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.events.envelope import Wire, read
from crmkit.kernel import clock, ids
from crmkit.messaging.publisher import envelope
from crmkit.testing.house import Caller
from services.webhooks.dispatcher import Dispatcher

Tell = Callable[..., Awaitable[None]]
Subscribe = Callable[..., Awaitable[dict[str, Any]]]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
DELIVERIES = "/v1/webhook-deliveries"


@dataclass
class Receiver:
    """Counts connections, keeps requests, answers the bytes it was given for each in turn."""

    port: int = 0
    connections: int = 0
    answers: list[bytes] = field(default_factory=list)
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Events that are answered 500 however often they come."""

    drip_seconds: float = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.heard.append((headers, body.decode()))
            await self._answer(writer, self._next(headers.get("webhook-id", "")))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _next(self, event_id: str) -> bytes:
        if event_id in self.refused:
            return answer(500)
        return self.answers.pop(0) if self.answers else OK

    async def _answer(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        if not self.drip_seconds:
            writer.write(answer)
            return await writer.drain()
        for n in range(len(answer)):
            writer.write(answer[n : n + 1])
            await writer.drain()
            await asyncio.sleep(self.drip_seconds)
        return None


class Turn:
    """Dispatches as of an instant that the test chooses."""

    def __init__(
        self, dispatcher: Dispatcher, executor: Executor, system: Database, receiver: Receiver
    ) -> None:
        self.dispatcher, self.executor, self.system = dispatcher, executor, system
        self.receiver = receiver
        self.now = clock.now()

    async def __call__(self, **later: float) -> int:
        self.now = max(self.now, clock.now()) + timedelta(**later)
        return await self.dispatcher.dispatch(self.executor, self.system, self.now)

    async def until_quiet(self) -> None:
        """Turn after turn, a second each, until there is nothing due."""
        while await self(seconds=1):
            pass


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def an_event(tenant: UUID, kind: str = "lead.created.v1", **given: Any) -> Wire:
    """An event as the broker brings it."""
    version = given.pop("version", 1)
    changed = given.pop("changed", None)
    state = {
        "id": str(given.pop("subject", ids.new())),
        "owner_id": str(ids.new()),
        "team": "cn/east",
        "email": "wang@example.cn",
        "phone": "+86 21 5555 0101",
    } | {name: str(v) if isinstance(v, UUID) else v for name, v in given.items()}
    now = clock.now()
    if changed is None:
        changed = {"email": ["old@example.cn", state["email"]], "need": ["", "more"]}
    row = {
        "id": ids.new(),
        "type": kind,
        "aggregate_id": state["id"],
        "tenant_id": tenant,
        "version": version,
        "occurred_at": now.replace(microsecond=1),
        "recorded_at": now.replace(microsecond=now.microsecond or 1),
        "actor": "system",
        "position": 7,
        "cause": None,
        "traceparent": None,
        "data": msgspec.json.encode({"state": state, "changed": changed}).decode(),
    }
    return read(envelope("leads", row, 3))


async def only(caller: Caller, **asked: str) -> dict[str, Any]:
    """The one delivery that the caller sees."""
    (item,) = (await caller.get(DELIVERIES, params=asked)).json()["items"]
    found: dict[str, Any] = item
    return found
