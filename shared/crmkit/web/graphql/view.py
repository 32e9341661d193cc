"""The HTTP side: one POST of JSON, one answer; GET, batches, forms and multipart are refused.

A subscription is answered as a stream of events, or asked for by websocket.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from inspect import isawaitable
from typing import Any, NamedTuple, cast

import orjson
from graphql import GraphQLError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET

from crmkit.kernel.errors import Unavailable
from crmkit.web.bodies import is_json, parse
from crmkit.web.graphql.context import Context
from crmkit.web.graphql.live import (
    MOST_AT_ONCE,
    TOO_MANY,
    Adapter,
    Caller,
    Handler,
    Stream,
    results,
    server_sent,
)
from crmkit.web.graphql.scalars import encoded
from crmkit.web.graphql.schema import Subgraph
from crmkit.web.problems import Refusal
from crmkit.web.streams import EventStream, Places

_DEADLINE = 5
"""Seconds for one operation."""
_INIT_SECONDS = 10
"""For a websocket's connection_init."""

ContextFactory = Callable[[Request], Context | Awaitable[Context]]


class Operation(NamedTuple):
    """What a request asks for."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


class View(GraphQL[Any, None]):
    websocket_adapter_class = Adapter
    graphql_transport_ws_handler_class = Handler

    def __init__(self, schema: Subgraph, context_factory: ContextFactory) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=_INIT_SECONDS),
            multipart_uploads_enabled=False,
            allowed_origins=("*",),  # no cookie lets anybody in, and a page has no other's token
        )
        self.subgraph = schema
        self.context_factory = context_factory
        self.running = Places(MOST_AT_ONCE, TOO_MANY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        operation = await _read(request)
        try:
            result = await self._execute(operation, await self.context_of(request))
        except InvalidOperationTypeError:
            await self._subscribe(operation, request, send)
        else:
            await _response(result)(scope, receive, send)

    async def context_of(self, connection: HTTPConnection) -> Context:
        """A context of its own for one operation."""
        context = self.context_factory(cast("Request", connection))
        return await context if isawaitable(context) else context

    async def get_context(self, request: Any, response: Any) -> Caller:  # noqa: ARG002 - strawberry's signature
        return Caller(request)

    async def on_ws_connect(self, context: Caller) -> Any:
        await context.enter()
        return UNSET

    async def _subscribe(self, operation: Operation, request: Request, send: Send) -> None:
        if "text/event-stream" not in request.headers.get("accept", ""):
            raise _malformed("a subscription is answered as text/event-stream, or by websocket")
        answer = EventStream(request.scope["actor"], self._told(operation, request), self.running)
        await answer(request.scope, request.receive, send)

    async def _told(self, operation: Operation, request: Request) -> AsyncIterator[bytes]:
        stream = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=await self.context_of(request),
            operation_name=operation.name,
        )
        async for chunk in server_sent(results(cast("Stream", stream), request), encode):
            yield chunk

    async def _execute(self, operation: Operation, context: Context) -> ExecutionResult:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self.subgraph.answer(
                    operation.query, operation.variables or {}, context, operation.name
                )
        except CannotGetOperationTypeError:
            raise _malformed("the document has no query or mutation to run") from None
        except TimeoutError:
            raise Unavailable("the operation took too long", code="deadline") from None

    def encode_json(self, data: object) -> bytes:
        return encode(data)

    def decode_json(self, data: str | bytes) -> object:
        return parse(data.encode() if isinstance(data, str) else data)


def view(schema: Subgraph, context_factory: ContextFactory) -> ASGIApp:
    """The endpoint, to be mounted as a plain route."""
    return View(schema, context_factory)


def encode(data: object) -> bytes:
    return orjson.dumps(data, encoded, orjson.OPT_UTC_Z)


async def _read(request: Request) -> Operation:
    if request.method != "POST":
        raise Refusal(405, "POST only", code="method.not_allowed", headers={"allow": "POST"})
    content_type = request.headers.get("content-type", "")
    if not (content_type.lower().startswith("application/json") and is_json(content_type)):
        raise Refusal(415, "send application/json in UTF-8", code="body.media_type")
    body = parse(await request.body())
    if not isinstance(body, dict):
        raise _malformed("the body is one object; batches are not taken")
    query = body.get("query")
    variables = body.get("variables")
    name = body.get("operationName")
    if not isinstance(query, str) or not query:
        raise _malformed("query is a text")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise _malformed("variables is an object, operationName a text")
    return Operation(query, variables, name)


def _malformed(detail: str) -> Refusal:
    return Refusal(400, detail, code="graphql.malformed")


def _response(result: ExecutionResult) -> Response:
    """200 where the operation ran; 400 without data where it was refused before."""
    errors: list[GraphQLError] = result.errors or []
    shown = {"errors": [error.formatted for error in errors]} if errors else {}
    if errors and result.data is None and all(error.path is None for error in errors):
        return Response(encode(shown), 400, media_type="application/json")
    return Response(encode({"data": result.data, **shown}), media_type="application/json")
