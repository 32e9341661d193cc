"""uvicorn's protocol with what it lacks: a bound and a deadline for the head of a request, and one
packet for an answer."""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
HEAD_SECONDS = 10.0
MAX_HELD = 64 * 1024


class Joined:
    """A transport whose writes of one turn of the loop leave together.

    uvicorn writes head and body of an answer apart, which is two packets and two system calls.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > MAX_HELD:  # the transport has to see it, to say that its reader is slow
            self._flush()

    def close(self) -> None:
        self._flush()
        self.inner.close()

    def abort(self) -> None:
        self._held.clear()
        self.inner.abort()

    def _flush(self) -> None:
        if self._held:
            self.inner.write(b"".join(self._held))
            self._held.clear()
            self._size = 0


class BoundedProtocol(HttpToolsProtocol):
    """Cuts a connection whose request line and headers are too long, or take too long to come."""

    _head = 0
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(cast("asyncio.Transport", Joined(transport, self.loop)))
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._forget_deadline()
        self._in_head, self._head = False, 0
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """A websocket has its own way of writing."""
        self.transport = cast("Joined", self.transport).inner
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._forget_deadline()
        self._in_head = True
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


SERVED: Final[dict[str, Any]] = {
    "http": BoundedProtocol,
    "access_log": False,
    "log_config": None,
    "timeout_graceful_shutdown": 8,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,  # the house reads them, from CRM_TRUSTED_PROXIES alone
}
"""What uvicorn is told wherever a house is served; seconds."""
