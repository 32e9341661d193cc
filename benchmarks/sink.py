"""Somebody who is told: answers 200 at once, and notes how long after its event each came.

Prints its port; for each line of input prints the latencies since the last, in ms, as JSON.
"""

import asyncio
import re
import sys
from datetime import datetime

import msgspec
import uvloop

from crmkit.kernel import clock

_RECORDED = re.compile(rb'"recordedat":"([^"]+)"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def main() -> None:
    """Until the input ends."""
    late: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        recorded = _RECORDED.search(body)
        if recorded:
            at = datetime.fromisoformat(recorded[1].decode())
            late.append((clock.now() - at).total_seconds() * 1000)
        writer.write(_ANSWER)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    _say(server.sockets[0].getsockname()[1])
    while await lines.readline():
        _say(late)
        late.clear()


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
