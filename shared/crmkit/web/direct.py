"""The short way to a handler: route, path, body and edge by a plan made once for each route.

FastAPI declares, documents and refuses. A request that a plan would refuse, and a route of another
shape, go FastAPI's own way, so only one place says what is wrong with a request. What handlers
raise is answered by the gate, with the same `render`.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from crmkit.web.bodies import CrmRoute, StrictRequest
from crmkit.web.methods import not_allowed

_NAMED = re.compile(r"\?P<\w+>")


class Api(FastAPI):
    """FastAPI with the short way before it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            found = self._ways.find(scope["method"], scope["path"])
            if found is not None:
                way, values = found
                scope["app"] = self
                scope["route"] = way.route
                scope["path_params"] = dict(zip(way.names, values, strict=True))
                if way.plan is None:
                    await way.route.app(scope, receive, send)
                    return
                request = way.plan.request(scope, receive)
                response = await _answer(way.plan, request)
                if response is not None:
                    await response(scope, receive, send)
                    return
                receive = _again(request, receive)
        await super().__call__(scope, receive, send)

    @cached_property
    def _ways(self) -> "Ways":
        return Ways(self.router.routes)


class Plan:
    """How the handler of one route is called."""

    def __init__(self, route: CrmRoute) -> None:
        dependant = route.dependant
        self._handle: Any = dependant.call
        self._path = [(each.name, each.alias, each.validate) for each in dependant.path_params]
        self._edges: list[tuple[Any, Any]] = [(d.name, d.call) for d in dependant.dependencies]
        body = dependant.body_params[0] if dependant.body_params else None
        self._body = (body.name, body.validate) if body else None
        self.request = StrictRequest if body else Request

    async def answer(self, request: Request) -> Response | None:
        """What the handler answers; None, and nothing done, where FastAPI has to refuse."""
        arguments: dict[str, Any] = {}
        sent = None
        if self._body is not None:
            try:
                if not await request.body():
                    return None
            except ClientDisconnect:
                return None
            sent = await request.json()
        for name, edge in self._edges:
            arguments[name] = await edge(request)
        named = request.path_params
        given = [(name, validate, named[alias]) for name, alias, validate in self._path]
        if self._body is not None:
            given.append((*self._body, sent))
        for name, validate, value in given:
            arguments[name], errors = validate(value)
            if errors:
                return None
        answer: Response = await self._handle(**arguments)
        return answer


class Way(NamedTuple):
    """A route, its plan where it has one, and the groups of the pattern that hold its names."""

    route: Any
    plan: Plan | None
    names: tuple[str, ...]
    groups: range


class Ways:
    """Finds the first route of a method and path, as Starlette does, by one pattern a method."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        known = [route for route in routes if isinstance(route, Route)]
        methods = {method for route in known for method in route.methods or ()}
        self._known = {method: _pattern(method, known) for method in methods}

    def find(self, method: str, path: str) -> tuple[Way, list[str]] | None:
        """The way and the values of its names; None where FastAPI has to look for it."""
        pattern, ways = self._known.get(method, _NOTHING)
        match = pattern.fullmatch(path)
        way = ways.get(match.lastindex) if match else None
        return (way, [match[n] for n in way.groups]) if match and way else None


_Pattern = tuple[re.Pattern[str], dict[int | None, Way]]
_NOTHING: _Pattern = (re.compile(r"(?!)"), {})


def _pattern(method: str, routes: Sequence[Route]) -> _Pattern:
    """Each alternative ends with an empty group, whose number says which one it was."""
    ways: dict[int | None, Way] = {}
    sources, group = [], 0
    for route in routes:
        if route.methods and method not in route.methods:
            continue
        names = tuple(route.param_convertors)
        sources.append(_NAMED.sub("", route.path_regex.pattern[1:-1]) + "()")
        way = _way(route, names, range(group + 1, group + 1 + len(names)))
        group += len(names) + 1
        if way is not None:
            ways[group] = way
    return re.compile("|".join(sources)), ways


def _way(route: Route, names: tuple[str, ...], groups: range) -> Way | None:
    if not isinstance(route, APIRoute):
        return None if route.methods else Way(route, None, names, groups)
    texts = all(isinstance(each, StringConvertor) for each in route.param_convertors.values())
    if not texts or not isinstance(route, CrmRoute) or not _is_plain(route):
        return None
    return Way(route, Plan(route), names, groups)


def _is_plain(route: CrmRoute) -> bool:
    """Whether a handler takes path, one JSON body and edges, and answers by itself."""
    dependant = route.dependant
    takes = len(dependant.body_params)
    return (
        _asks_nothing_else(dependant)
        and not dependant.request_param_name
        and takes == int(route.takes_json)
        and not route._embed_body_fields
        and all(_is_edge(each) for each in dependant.dependencies)
    )


def _is_edge(dependant: Dependant) -> bool:
    """Whether a dependency is a coroutine of the request alone."""
    own = (dependant.path_params, dependant.body_params, dependant.dependencies)
    asks = bool(dependant.request_param_name) and not any(own)
    return asks and iscoroutinefunction(dependant.call) and _asks_nothing_else(dependant)


def _asks_nothing_else(dependant: Dependant) -> bool:
    parts = (
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.http_connection_param_name,
    )
    return not any(parts)


async def _answer(plan: Plan, request: Request) -> Response | None:
    try:
        return await plan.answer(request)
    except Exception as error:
        refused = not_allowed(request)
        if refused is None:
            raise
        raise refused from error


def _again(request: Request, receive: Receive) -> Receive:
    """What was read of a body can be read once more."""
    body = getattr(request, "_body", None)
    if body is None:
        return receive
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay
