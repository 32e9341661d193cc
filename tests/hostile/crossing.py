"""An app as another event loop sees it: schemathesis has one of its own for what it calls."""

import asyncio
from typing import Any


class Crossing:
    """Passes each request on to the loop in which the app and its connections live."""

    def __init__(self, app: Any, home: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._home = home

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _greet(receive, send)
            return
        here = asyncio.get_running_loop()

        async def ask() -> Any:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(receive(), here))

        async def tell(message: Any) -> None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(send(message), here))

        told = asyncio.run_coroutine_threadsafe(self._app(scope, ask, tell), self._home)
        await asyncio.wrap_future(told)


async def _greet(receive: Any, send: Any) -> None:
    """The app runs already."""
    for part in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{part}.complete"})
