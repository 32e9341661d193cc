"""The client, in a process of its own so that its CPU is not counted: HTTP/1.1 over raw sockets.

Reads one JSON `Load` a line, answers each with one JSON `Outcome`.
"""

import asyncio
import sys
import time
from collections import deque
from typing import cast
from urllib.parse import quote

import msgspec
import uvloop

from benchmarks.measure import percentile
from benchmarks.tenant import row_id

FIRST_STAGE = "qualification"
_END = b"\r\n\r\n"
_REFUSED = (b'"errors"', b'"Problem"')
"""How GraphQL says no under the status 200."""

_PRIME = 7_919
"""Spreads requests over all rows, each once before any comes again."""


class Load(msgspec.Struct, frozen=True):
    """What to ask. In `path`, `headers` and `body`, <id> is the next row's id, <token> the next
    caller's, <n> the number of the request, <q> the next of `terms`, <stage> a stage that the row
    is not in: `stage`, and back in the next lap."""

    port: int
    path: str
    rows: int = 1
    method: str = "GET"
    headers: dict[str, str] = {}
    body: str = ""
    connections: int = 1
    seconds: float = 1.0
    first: int = 0
    begun: int = 0
    """The number of the request at which no row stood in `stage`."""

    stage: str = "analysis"
    terms: tuple[str, ...] = ("",)

    above: int = 0
    """What is added to the number of each row."""

    tokens: list[str] = []
    """Of each caller; <token> is the next one's."""

    rate: float = 0.0
    """Requests a second, whatever the answers; 0: each connection asks when it was answered."""


class Outcome(msgspec.Struct):
    """What came back; latencies in ms, from when a request was due."""

    answered: int
    failed: int
    seconds: float
    p50: float
    p99: float
    failure: str = ""


class Questions:
    """The requests of a load, as bytes, one after the other."""

    def __init__(self, load: Load) -> None:
        told = {"host": f"127.0.0.1:{load.port}", **load.headers}
        if load.body:
            told["content-type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._head = f"{load.method} {load.path} HTTP/1.1\r\n{head}"
        self._body = load.body
        self._moves = "<stage>" in load.body
        self._rows = load.rows * 3 // 4 if self._moves else load.rows
        self._begun = load.begun
        self._stage = load.stage
        self._above, self._tokens = load.above, load.tokens or [""]
        self._terms = [quote(term) for term in load.terms]
        self.asked = load.first

    def next(self) -> bytes:
        n = self.asked
        self.asked += 1
        lap, place = divmod(n - self._begun, self._rows)
        row = place * _PRIME % self._rows
        put = {
            "<id>": row_id(self._above + (row + row // 3 if self._moves else row)),  # 4th: won
            "<token>": self._tokens[n % len(self._tokens)],
            "<n>": str(n),
            "<q>": self._terms[n % len(self._terms)],
            "<stage>": FIRST_STAGE if lap % 2 else self._stage,
        }
        head, body = self._head, self._body
        for mark, value in put.items():
            head, body = head.replace(mark, value), body.replace(mark, value)
        encoded = body.encode()
        length = f"content-length: {len(encoded)}\r\n" if encoded else ""
        return f"{head}{length}\r\n".encode() + encoded


class Run:
    """One load on its connections, to its end."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._questions = Questions(load)
        self._idle: deque[Line] = deque()
        self._due: deque[float] = deque()
        self._open = 0
        self.done = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.failures: list[str] = []

    async def __call__(self) -> Outcome:
        loop = asyncio.get_running_loop()
        lines = [
            (await loop.create_connection(lambda: Line(self), "127.0.0.1", self._load.port))[1]
            for _ in range(self._load.connections)
        ]
        started = time.perf_counter()
        self._ends = started + self._load.seconds
        self._open = len(lines)
        if self._load.rate:
            self._idle.extend(lines)
            self._tick(started, 0)
        else:
            for line in lines:
                line.ask(self._questions.next(), time.perf_counter())
        async with asyncio.timeout(self._load.seconds + 30):
            await self.done
        for line in lines:
            line.transport.close()
        seconds = time.perf_counter() - started
        taken = sorted(self.latencies)
        return Outcome(
            len(taken),
            len(self.failures),
            seconds,
            percentile(taken, 0.50) * 1000,
            percentile(taken, 0.99) * 1000,
            next(iter(self.failures), "")[:500],
        )

    def free(self, line: "Line") -> None:
        """A line was answered: the next question, if there is one."""
        now = time.perf_counter()
        if self._due:
            line.ask(self._questions.next(), self._due.popleft())
        elif now >= self._ends:
            self._open -= 1
            if not self._open and not self.done.done():
                self.done.set_result(None)
        elif self._load.rate:
            self._idle.append(line)
        else:
            line.ask(self._questions.next(), now)

    def broken(self, error: str) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(error))

    def _tick(self, started: float, sent: int) -> None:
        """Ask what is due by now; a question waits where every line is busy, and that counts."""
        now = min(time.perf_counter(), self._ends)
        while (due := started + sent / self._load.rate) <= now and due < self._ends:
            sent += 1
            if self._idle:
                self._idle.popleft().ask(self._questions.next(), due)
            else:
                self._due.append(due)
        if now < self._ends:
            asyncio.get_running_loop().call_later(0.001, self._tick, started, sent)
            return
        while self._idle:
            self.free(self._idle.popleft())


class Line(asyncio.Protocol):
    """One connection; one question at a time."""

    transport: asyncio.Transport

    def __init__(self, run: Run) -> None:
        self._run = run
        self._read = b""
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def ask(self, question: bytes, due: float) -> None:
        self._asked = due
        self._read, self._whole = b"", 0
        self.transport.write(question)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._whole:
            end = self._read.find(_END)
            if end < 0:
                return
            self._whole = end + len(_END) + _length(self._read[:end])
        if len(self._read) >= self._whole:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.broken(f"connection lost: {error}")

    def _answered(self) -> None:
        good = self._read[9:10] == b"2" and not any(map(self._read.__contains__, _REFUSED))
        if good:
            self._run.latencies.append(time.perf_counter() - self._asked)
        else:
            self._run.failures.append(self._read.decode(errors="replace"))
        self._run.free(self)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def main() -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        outcome = await Run(msgspec.json.decode(line, type=Load))()
        sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
