"""A reader of a stream, as a browser is one: takes what comes, as it comes."""

import asyncio
import json
from typing import Any

from crmkit.testing.house import Caller, until


class Listener:
    """Calls the API by ASGI, for httpx would wait for the end of an answer that has none."""

    def __init__(
        self, caller: Caller, query: str = "", *, path: str = "/v1/events/stream", **headers: str
    ) -> None:
        transport: Any = caller.client._transport
        told = {"authorization": caller.client.headers["authorization"]} | headers
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in told.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
        self._app = transport.app
        self._leave = asyncio.Event()
        self._is_asked = False
        self.take = asyncio.Event()
        self.take.set()
        self.status = 0
        self.text = ""
        self.task = asyncio.create_task(self._app(self._scope, self._receive, self._send))

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was told so far: `id`, `event` and the parsed `data`."""
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
            if "data" in lines:
                found.append({**lines, "data": json.loads(lines["data"])})
        return found

    async def heard(self, count: int) -> list[dict[str, Any]]:
        """The events, as soon as there are so many."""

        async def are_there() -> bool:
            return len(self.events) >= count

        await until(are_there)
        return self.events

    async def heard_text(self, text: str) -> None:
        """Wait for what is no event."""

        async def is_there() -> bool:
            return text in self.text

        await until(is_there)

    async def answered(self) -> int:
        """The status, as soon as there is one and the stream has begun."""

        async def is_there() -> bool:
            return bool(self.status and self.text)

        await until(is_there)
        return self.status

    async def leave(self) -> None:
        self._leave.set()
        await asyncio.wait([self.task])

    async def _receive(self) -> dict[str, Any]:
        if self._is_asked:
            await self._leave.wait()
            return {"type": "http.disconnect"}
        self._is_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        await self.take.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
