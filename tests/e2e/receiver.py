"""A partner's system: takes webhooks in and keeps them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from crmkit.kernel import clock

TOLERANCE = timedelta(minutes=5)
"""As Standard Webhooks has it."""


@dataclass(frozen=True)
class Told:
    """One webhook as it came."""

    headers: dict[str, str]
    body: bytes
    path: str = ""
    at: datetime = field(default_factory=clock.now)

    @property
    def event(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    def verify(self, secret: str) -> None:
        """WebhookVerificationError where the signature is not of that secret, or was not of those
        minutes when it came, however long ago that is by now."""
        event_id, stamp = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        signed_at = datetime.fromtimestamp(stamp, UTC)
        if abs(self.at - signed_at) > TOLERANCE:
            raise WebhookVerificationError(f"it came at {self.at} and was signed at {signed_at}")
        signature = Webhook(secret).sign(event_id, signed_at, self.body.decode())
        if signature not in self.headers["webhook-signature"].split(" "):
            raise WebhookVerificationError("No matching signature found")


@dataclass
class Receiver:
    """Answers 204 to everything; to the webhooks counted in `held` not before `go_on`."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def types(self) -> set[str]:
        return {told.event["type"] for told in self.told}

    def ids(self) -> set[str]:
        return {told.headers["webhook-id"] for told in self.told}

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.told.append(Told(headers, body, first.split(" ")[1]))
            if len(self.told) in self.held:
                await self.go_on.wait()
            writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/hooks"
    async with server:
        yield receiver
