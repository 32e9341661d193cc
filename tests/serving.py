"""An app on a port of its own, for what speaks HTTP itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from crmkit.testing.house import until
from crmkit.web.protocol import SERVED


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The app, which is started already, by the protocol that `crm serve` speaks; its URL."""
    config = uvicorn.Config(app, port=0, lifespan="off", **SERVED)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())

    async def listens() -> bool:
        return server.started

    await until(listens)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running
