"""The only way JSON gets in: one strict parser, and the route class that makes FastAPI use it."""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import orjson
from fastapi import APIRouter, params
from fastapi.routing import APIRoute, request_response
from starlette.requests import Request
from starlette.responses import Response

from crmkit.web.problems import Refusal

MAX_DEPTH = 32
MAX_DIGITS = 18
MAX_KEYS = 10_000
MAX_BATCH_KEYS = 100_000
"""A batch holds up to 500 records."""

_MEDIA_TYPES = frozenset({"application/json", "application/merge-patch+json"})


def parse(body: bytes, *, max_keys: int = MAX_KEYS) -> Any:
    """RFC 8259 as I-JSON (RFC 7493) narrows it; a 400 `body.malformed` Refusal for all else.

    Refused: other encodings than UTF-8, a byte order mark, NaN and Infinity, numbers too great for
    a double, integers of more than 18 digits, duplicate keys, lone surrogates, nesting beyond 32.
    """
    try:
        if body.count(b":") > max_keys:
            _check_keys(body, max_keys)
        value = _DECODER.decode(body.decode())
        if b"\\u" in body:
            orjson.dumps(value)
    except (UnicodeError, orjson.JSONEncodeError):
        refuse("the body is not valid UTF-8, or escapes half a surrogate pair")
    except (ValueError, RecursionError):
        refuse("the body is not valid JSON")
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(value)
    return value


def refuse(detail: str) -> NoReturn:
    """Raise the 400 every unreadable body gets."""
    raise Refusal(400, detail, code="body.malformed")


class StrictRequest(Request):
    """A request whose JSON is read by `parse`, and only when it says that it is JSON."""

    async def body(self) -> bytes:
        if hasattr(self, "_body"):
            return self._body
        body = await super().body()
        if body and not is_json(self.headers.get("content-type", "")):
            raise Refusal(415, "send application/json in UTF-8", code="body.media_type")
        return body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            batch = self.scope["path"].endswith("/batch")
            max_keys = MAX_BATCH_KEYS if batch else MAX_KEYS
            self._json = parse(await self.body(), max_keys=max_keys)
        return self._json


class CrmRoute(APIRoute):
    """Where the handler takes a JSON body, reads it by way of StrictRequest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if not self.takes_json:
            return handle

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly

    @property
    def takes_json(self) -> bool:
        """Whether the body is one JSON document."""
        info = self.body_field and self.body_field.field_info
        return (
            isinstance(info, params.Body)
            and not isinstance(info, params.Form)
            and info.media_type in _MEDIA_TYPES
        )


def make_strict(router: APIRouter) -> None:
    """Make the router's routes CrmRoutes; before it is included, for FastAPI keeps their class."""
    router.route_class = CrmRoute
    for route in router.routes:
        if type(route) is APIRoute:
            route.__class__ = CrmRoute
            route.app = request_response(route.get_route_handler())


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is JSON (or merge patch) in UTF-8."""
    if content_type in _MEDIA_TYPES:
        return True
    media_type, *parameters = content_type.lower().split(";")
    return media_type.strip() in _MEDIA_TYPES and all(
        parameter.strip().replace('"', "") in {"", "charset=utf-8"} for parameter in parameters
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        refuse("a key appears twice in one object")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS and len(digits.lstrip("-")) > MAX_DIGITS:
        refuse(f"an integer has more than {MAX_DIGITS} digits")
    return int(digits)


def _double(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        refuse("a number is too great")
    return value


def _constant(_: str) -> NoReturn:
    refuse("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_double,
    parse_constant=_constant,
)
_SKIMMER = json.JSONDecoder(parse_int=str, parse_float=str)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if type(child) in _NESTS]
        if not level:
            return
    refuse(f"the body nests deeper than {MAX_DEPTH}")


_NESTS = frozenset({dict, list})


def _children(node: Any) -> Any:
    return node.values() if type(node) is dict else node if type(node) is list else ()


def _check_keys(body: bytes, max_keys: int) -> None:
    """Many colons may be text, so count: without the hooks, which cost more than the keys."""
    level, keys = [_SKIMMER.decode(body.decode())], 0
    while level:
        keys += sum(len(node) for node in level if type(node) is dict)
        if keys > max_keys:
            refuse(f"the body has more than {max_keys} keys")
        level = [child for node in level for child in _children(node) if type(child) in _NESTS]
