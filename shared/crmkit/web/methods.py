"""Which methods a path takes; the answer to any other names them all.

A router asks one route after the other: to it a path with two routes takes the methods of the
first, and a word in an id's place, as in `/v1/leads/batch`, is an id. So this is asked once
something was refused, for nothing that such a request says could have been accepted.
"""

from collections.abc import Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route


class Methods:
    """The methods of each path, as it is written with its parameters."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._taken: dict[str, set[str]] = {}
        for route in routes:
            if isinstance(route, Route):
                self._taken.setdefault(route.path, set()).update(route.methods or ())
        self._plainer = {path: _plainer(path, self._taken) for path in self._taken}

    def of(self, route: str, path: str) -> set[str]:
        """What the path takes that a router has given to this route."""
        steps = path.split("/")
        meant = (other for other in self._plainer.get(route, ()) if _fits(other, steps))
        return self._taken.get(next(meant, route), set())


def not_allowed(request: Request) -> HTTPException | None:
    """The 405, where no route of the path takes the request's method."""
    known: Methods | None = getattr(request.app.state, "methods", None)
    route: Any = request.scope.get("route")
    if known is None or route is None:
        return None
    taken = known.of(route.path, request.scope["path"])
    if not taken or request.method in taken:
        return None
    return HTTPException(405, headers={"allow": ", ".join(sorted(taken))})


def _plainer(path: str, others: Iterable[str]) -> list[str]:
    """Those that have a word where this one has a parameter, plainest first."""
    found = [o for o in others if o.count("{") < path.count("{") and _overlap(path, o)]
    return sorted(found, key=lambda other: other.count("{"))


def _overlap(path: str, other: str) -> bool:
    pairs = list(zip(path.split("/"), other.split("/"), strict=False))
    alike = all(a == b or "{" in a or "{" in b for a, b in pairs)
    return path.count("/") == other.count("/") and alike


def _fits(path: str, steps: list[str]) -> bool:
    return all(a == b or a.startswith("{") for a, b in zip(path.split("/"), steps, strict=True))
