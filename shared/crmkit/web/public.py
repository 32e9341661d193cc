"""Routes that need no token: whoever holds what their path says may call.

Their handlers open a `Door` by the key that was shown, and ask `admit` whether its holder may call
so often. A body of theirs has 16 KiB at most.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from crmkit.db.executor import Call
from crmkit.db.reading import Reading
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import NotFound, TooMany
from crmkit.kernel.keys import whose
from crmkit.web import problems
from crmkit.web.edge import EdgeContext, edge_of
from crmkit.web.limits import Limits
from crmkit.web.proxies import address_of

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
_MAY_ASK = {"access-control-allow-headers": "content-type, idempotency-key"}
_PREFLIGHT_SECONDS = "600"


async def _request(request: Request) -> Request:
    return request


Open = Annotated[Request, Depends(_request)]
"""The request of a public route, which has no edge before it is known who calls."""


def public(handler: F) -> F:
    """Mark a handler that anybody may call."""
    handler.__dict__["public"] = True
    return handler


def for_pages(handler: F) -> F:
    """Mark a public handler whose answers pages of any origin may read, refusals included, and no
    cache keeps: the gate says so of every answer below the path's first parameter."""
    handler.__dict__["for_pages"] = True
    return handler


def is_public(route: Any) -> bool:
    """Whether the route's handler is marked as `public`."""
    return _is_marked(route, "public")


def public_roots(routes: Iterable[BaseRoute], mark: str = "public") -> set[str]:
    """What the paths of routes with that mark begin with, before their first parameter."""
    return {
        route.path.partition("{")[0]
        for route in routes
        if isinstance(route, Route) and _is_marked(route, mark)
    }


@dataclass(frozen=True, slots=True)
class Door(Generic[T]):
    """What keys of one mark open, for an actor of that kind. `find` looks for what a key opens now,
    by the id that the key names, in the tenant that the key says it is of."""

    mark: str
    kind: str
    find: Callable[[Reading, UUID, str], Awaitable[T | None]]
    code: str
    refusal: str

    async def open(self, request: Request, key: str) -> tuple[EdgeContext, T]:
        """The edge of whoever shows a key, and what it opens.

        NotFound in one voice for every key that opens nothing, whatever the reason; TooMany
        `rate.limited` where the address has shown too many of those.
        """
        limits: Limits = request.scope["limits"]
        _wait(limits.patience(address_of(request.scope)))
        owned = whose(key, self.mark)
        if owned is not None:
            request.scope["actor"] = Actor(*owned, frozenset({"admin"}), kind=self.kind)
            edge = edge_of(request)
            opened = await self.find(edge.reading, owned[1], key)
            if opened is not None:
                return edge, opened
        note_failure(request.scope)
        raise NotFound(self.refusal, code=self.code)


async def call_by(edge: EdgeContext, route: str) -> Call:
    """What came with the request. Its idempotency key counts for that route instead of the path,
    since the path says a key, which is kept nowhere."""
    call = await edge.call(edge.request.headers.get("idempotency-key"), None)
    if call.idempotency is None:
        return call
    return replace(call, idempotency=replace(call.idempotency, route=route))


def preflight(methods: str, headers: Mapping[str, str] | None = None) -> Response:
    """Leave for a page to ask by these methods; browsers remember it for ten minutes."""
    asked = {"access-control-allow-methods": methods, "access-control-max-age": _PREFLIGHT_SECONDS}
    return Response(None, 204, {**(headers or {}), **_MAY_ASK, **asked})


def refused(
    request: Request, error: Exception, headers: Mapping[str, str] | None = None
) -> Response:
    """The problem without its instance, since the path says a key."""
    status, said, body = problems.render(error, problems.trace_of(request.scope))
    return Response(body, status, {**said, **(headers or {})})


def note_failure(scope: Scope) -> None:
    """The address showed something that opens nothing."""
    limits: Limits = scope["limits"]
    limits.note_failure(address_of(scope))


def admit(scope: Scope, actor: Actor) -> None:
    """Let the actor in; TooMany `rate.limited` where it, or its tenant, calls too often."""
    limits: Limits = scope["limits"]
    _wait(limits.admit(actor, "write").retry_after)
    scope["actor"] = actor


def _is_marked(route: Any, mark: str) -> bool:
    return getattr(getattr(route, "endpoint", None), mark, False)


def _wait(seconds: int) -> None:
    if seconds:
        raise TooMany("you ask too often", code="rate.limited", retry_after=seconds)
