"""A proxy between the house and what it depends on, which delays, swallows, resets, and loses the
replies of commits."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from crmkit.local.ports import free_port

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends RST, and nothing that is still to be sent."""


@dataclass
class Counts:
    """What it has done to those who went through it."""

    connections: int = 0
    reset: int = 0
    delayed: int = 0
    swallowed: int = 0
    lost_replies: int = 0


class End(asyncio.Protocol):
    """One end of a connection through the proxy; what comes in at it goes out at the other."""

    transport: asyncio.Transport

    def __init__(self, link: "Link", seen: Callable[["Link", bytes], bytes]) -> None:
        self._link = link
        self._seen = seen
        self._early: list[bytes] = []
        self._late: deque[bytes] = deque()
        self._due = 0.0
        self.other: End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        proxy = self._link.proxy
        if proxy.swallows:
            proxy.counts.swallowed += 1
        elif proxy.delay_seconds or self._late:
            self._later(data)
        else:
            self.pass_on(data)

    def _later(self, data: bytes) -> None:
        """In its order: never before what came before it."""
        loop, proxy = asyncio.get_running_loop(), self._link.proxy
        proxy.counts.delayed += 1
        self._due = max(self._due, loop.time() + proxy.delay_seconds)
        self._late.append(data)
        loop.call_at(self._due, self._pass_late)

    def _pass_late(self) -> None:
        self.pass_on(self._late.popleft())

    def pass_on(self, data: bytes) -> None:
        if self.other is None:
            self._early.append(data)
        elif not self.other.transport.is_closing():
            self.other.transport.write(self._seen(self._link, data))

    def meet(self, other: "End") -> None:
        """Pass on what came while there was nobody to pass it on to."""
        self.other = other
        early, self._early = self._early, []
        for data in early:
            self.pass_on(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._link.end()


class Link:
    """One connection: the two ends, and what is known of what goes through."""

    def __init__(self, proxy: "Proxy") -> None:
        self.proxy = proxy
        self.near, self.far = End(self, proxy.asked), End(self, proxy.answered)
        self.statements: dict[bytes, bytes] = {}
        self.writes = False
        """A statement that writes is under way."""

        self.asked, self.answered = bytearray(), bytearray()
        """What has come of a message that is not whole yet."""

    async def reach(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.far, "127.0.0.1", port)
        except OSError:
            self.reset()
        else:
            if self not in self.proxy.links:
                self.end()  # who asked is gone, and nobody else would end it
            self.near.meet(self.far)
            self.far.meet(self.near)

    def end(self) -> None:
        """Where one end goes, what is on its way to the other still gets there."""
        self.proxy.links.discard(self)
        for end in (self.near, self.far):
            if hasattr(end, "transport"):
                end.transport.close()

    def reset(self) -> None:
        """RST to both sides."""
        for end in (self.near, self.far):
            if hasattr(end, "transport"):
                socket_ = end.transport.get_extra_info("socket")
                if socket_.fileno() >= 0:  # else it is closed already
                    socket_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                end.transport.abort()


class Proxy:
    """Passes bytes on, as long as it is not told otherwise."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.port = free_port()
        self.counts = Counts()
        self.delay_seconds = 0.0
        self.swallows = False
        """Bytes go nowhere, and connections stay: a black hole."""

        self.links: set[Link] = set()
        self._target = target
        self._reaching: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self.reset()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def reset(self) -> int:
        """Cut every connection; how many there were."""
        cut = list(self.links)
        for link in cut:
            link.reset()
        self.counts.reset += len(cut)
        return len(cut)

    def _accept(self) -> End:
        self.counts.connections += 1
        link = Link(self)
        self.links.add(link)
        reaching = asyncio.get_running_loop().create_task(link.reach(self._target()))
        self._reaching.add(reaching)
        reaching.add_done_callback(self._reaching.discard)
        return link.near

    def asked(self, link: Link, read: bytes) -> bytes:
        """What goes on to the server."""
        return read

    def answered(self, link: Link, read: bytes) -> bytes:
        """What goes back to the client."""
        return read


class PostgresProxy(Proxy):
    """Knows so much of the protocol that it can lose the reply to a commit: the server has
    committed, and its client never hears of it."""

    def __init__(self, target: Callable[[], int]) -> None:
        super().__init__(target)
        self.loses = 0
        """Of so many commits the reply is still to be lost."""

    def asked(self, link: Link, read: bytes) -> bytes:
        pending = link.asked
        if not pending and read.startswith(b"\0"):
            return read  # the first messages have no type, and a length of less than 2 ** 24
        pending += read
        for kind, body in messages(pending):
            link.writes = self._writes(link, kind, body) or link.writes
        return read

    def answered(self, link: Link, read: bytes) -> bytes:
        """The whole answer of a commit is held back until its last message, and then lost."""
        pending = link.answered
        if not (self.loses and link.writes) and not pending:
            if ready(read):
                link.writes = False
            return read
        pending += read
        if not ready(bytes(pending)):
            return b""
        held = bytes(pending)
        pending.clear()
        link.writes = False
        if self.loses and held.endswith(b"I") and not failed(held):
            self.loses -= 1
            self.counts.lost_replies += 1
            link.reset()
            return b""
        return held

    @staticmethod
    def _writes(link: Link, kind: int, body: bytes) -> bool:
        if kind == ord("P"):
            name, sql, *_ = body.split(b"\0", 2)
            link.statements[name] = sql
        elif kind == ord("B"):
            _, name, *_ = body.split(b"\0", 2)
            return b"crm.must(" in link.statements.get(name, b"")
        return kind == ord("Q") and body.upper().startswith(b"COMMIT")


def messages(pending: bytearray) -> Iterator[tuple[int, bytes]]:
    """Type and body of each whole message; what is left begins the next one."""
    while len(pending) >= 5:
        length = int.from_bytes(pending[1:5])
        if len(pending) < 1 + length:
            return
        yield pending[0], bytes(pending[5 : 1 + length])
        del pending[: 1 + length]


def ready(answer: bytes) -> bool:
    """Whether it ends in ReadyForQuery."""
    return answer[-6:-1] == b"Z\0\0\0\5"


def failed(answer: bytes) -> bool:
    """Whether one of its messages is an error."""
    return any(kind == ord("E") for kind, _ in messages(bytearray(answer)))
