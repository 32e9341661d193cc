"""Routes that need no token: whoever holds what their path says may call.

Their handlers find out themselves who that is, set `scope["actor"]`, and ask `admit` whether they
may call so often. A body of theirs has 16 KiB at most.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import TooMany
from crmkit.kernel.keys import whose
from crmkit.web.edge import EdgeContext, edge_of
from crmkit.web.limits import Limits
from crmkit.web.proxies import address_of

F = TypeVar("F", bound=Callable[..., Any])


async def _request(request: Request) -> Request:
    return request


Open = Annotated[Request, Depends(_request)]
"""The request of a public route, which has no edge before it is known who calls."""


def public(handler: F) -> F:
    """Mark a handler that anybody may call."""
    handler.__dict__["public"] = True
    return handler


def is_public(route: Any) -> bool:
    """Whether the route's handler is marked as `public`."""
    return getattr(getattr(route, "endpoint", None), "public", False)


def public_roots(routes: Iterable[BaseRoute]) -> set[str]:
    """What the paths of public routes begin with, before their first parameter."""
    return {
        route.path.partition("{")[0]
        for route in routes
        if isinstance(route, Route) and is_public(route)
    }


def shown(request: Request, key: str, mark: str, kind: str) -> tuple[EdgeContext, UUID] | None:
    """An edge for whoever shows a key of that mark, as an actor of that kind, and the id that the
    key names; None of what is no key. Whether it opens anything the room has to find out.

    TooMany `rate.limited` where the address has shown too much that opens nothing.
    """
    demand_patience(request.scope)
    owned = whose(key, mark)
    if owned is None:
        return None
    request.scope["actor"] = Actor(*owned, frozenset({"admin"}), kind=kind)
    return edge_of(request), owned[1]


def demand_patience(scope: Scope) -> None:
    """TooMany `rate.limited` where the address has shown too much that opens nothing."""
    limits: Limits = scope["limits"]
    _wait(limits.patience(address_of(scope)))


def note_failure(scope: Scope) -> None:
    """The address showed something that opens nothing."""
    limits: Limits = scope["limits"]
    limits.note_failure(address_of(scope))


def admit(scope: Scope, actor: Actor) -> None:
    """Let the actor in; TooMany `rate.limited` where it, or its tenant, calls too often."""
    limits: Limits = scope["limits"]
    _wait(limits.admit(actor, "write").retry_after)
    scope["actor"] = actor


def _wait(seconds: int) -> None:
    if seconds:
        raise TooMany("you ask too often", code="rate.limited", retry_after=seconds)
