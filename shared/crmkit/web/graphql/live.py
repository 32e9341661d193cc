"""Subscriptions, by graphql-transport-ws and by SSE: bounded for each socket and each caller,
counted as reads, and no longer than let in.

Nothing is kept for a slow reader: the next event is asked for when the last one has been taken.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types import ExecutionResult

from crmkit.db.visits import Visit
from crmkit.kernel.errors import CrmError, TooMany
from crmkit.web import streams
from crmkit.web.gate import demand_still, take_read
from crmkit.web.graphql.problems import answered
from crmkit.web.problems import Refusal

if TYPE_CHECKING:
    from crmkit.web.graphql.view import View

TOO_MANY = "subscriptions.too_many"
MOST_AT_ONCE = 20
"""Subscriptions of one caller in one process, by whatever way."""
MOST_OF_A_SOCKET = 10
TICK_SECONDS = 1.0
"""Between two looks at whether the caller's token still holds, where nothing happens meanwhile."""
_STILL_HERE = b":\n\n"

Stream = AsyncGenerator[Any, None]


async def results(
    stream: Stream, connection: HTTPConnection
) -> AsyncGenerator[ExecutionResult | None, None]:
    """What the stream yields, None where nothing came for a tick; ends with the caller's token."""
    async with aclosing(stream):
        following: asyncio.Task[ExecutionResult] | None = None
        try:
            while True:
                following = following or asyncio.create_task(_following(stream))
                done, _ = await asyncio.wait({following}, timeout=TICK_SECONDS)
                refusal = await _refusal(connection)
                if refusal is not None:
                    yield refusal
                    return
                if done:
                    made, following = following.result(), None
                    yield made
                else:
                    yield None
        except _Over:
            return
        finally:
            if following is not None:
                following.cancel()
                await asyncio.wait({following})


async def _following(stream: Stream) -> ExecutionResult:
    with Visit(lasts=True):
        try:
            return cast("ExecutionResult", await anext(stream))
        except StopAsyncIteration:
            raise _Over from None


class _Over(Exception):
    """A task cannot end with StopAsyncIteration and be awaited by a generator."""


async def _refusal(connection: HTTPConnection) -> ExecutionResult | None:
    """The last result of a caller who would not be let in any more."""
    try:
        await demand_still(connection.scope)
    except CrmError as error:
        return ExecutionResult(data=None, errors=[refused(error)])
    return None


def refused(error: CrmError) -> GraphQLError:
    return answered(GraphQLError(error.detail, original_error=error))


def shown(result: ExecutionResult) -> dict[str, Any]:
    errors = {"errors": [each.formatted for each in result.errors]} if result.errors else {}
    return {"data": result.data, **errors}


async def server_sent(
    found: AsyncGenerator[ExecutionResult | None, None], encode: Any
) -> AsyncIterator[bytes]:
    """The results as graphql-sse has them, in its distinct connections mode."""
    yield _STILL_HERE
    async with aclosing(found):
        async for result in found:
            if result is None:
                yield _STILL_HERE
            else:
                yield b"event: next\ndata: " + encode(shown(result)) + b"\n\n"
    yield b"event: complete\ndata: \n\n"


class Adapter(ASGIWebSocketAdapter):
    """Sends text, as the protocol has it, and waits only so long for the reader."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        text = cast("bytes", self.view.encode_json(message)).decode()
        try:
            async with asyncio.timeout(streams.TAKEN_WITHIN):
                await self.ws.send_text(text)
        except (TimeoutError, RuntimeError, OSError) as error:
            raise WebSocketDisconnected from error


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """strawberry's, with a budget, and a context for each subscription."""

    view: "View"

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Refuse before the document is looked at, for that is what costs."""
        try:
            if self.connection_acknowledged:
                self._demand_room()
        except CrmError as error:
            payload = [refused(error).formatted]
            await self.send_message({"id": message["id"], "type": "error", "payload": payload})
        else:
            await super().handle_subscribe(message)

    def _demand_room(self) -> None:
        if len(self.operations) >= MOST_OF_A_SOCKET:
            raise TooMany(f"{MOST_OF_A_SOCKET} subscriptions are open already", code=TOO_MANY)
        take_read(cast("Adapter", self.websocket).ws.scope)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        websocket = cast("Adapter", self.websocket).ws
        try:
            with self.view.running.one_more(websocket.scope["actor"]):
                self.context = await self.view.context_of(websocket)
                await super().run_operation(operation)
        except CrmError as error:
            await operation.send_initial_errors([refused(error)])

    async def _send_result_stream(self, operation: Operation[Any, None], stream: Any) -> None:
        websocket = cast("Adapter", self.websocket).ws
        found = results(stream, websocket)
        await super()._send_result_stream(operation, cast("Any", _some(found)))


async def _some(found: AsyncGenerator[ExecutionResult | None, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(found):
        async for result in found:
            if result is not None:
                yield result


class Caller:
    """What is known of a websocket before its first subscription."""

    connection_params: dict[str, Any]

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.connection_params = {}

    async def enter(self) -> None:
        """Let the caller in by the handshake's token, else by connection_init's."""
        scope = self.websocket.scope
        given = self.connection_params.get("authorization")
        if "actor" in scope:
            return
        if isinstance(given, str):
            scope["tokens"][:] = [given.encode("latin-1", "replace")]
        try:
            await scope["admit"]()
        except (CrmError, Refusal):
            raise ConnectionRejectionError from None
