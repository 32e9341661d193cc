"""What FastAPI cannot know about our operations: who may call, headers, problems, descriptions."""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from crmkit.web import asof
from crmkit.web.answers import Page, Read
from crmkit.web.edge import Matched
from crmkit.web.problems import MEDIA_TYPE, Problem
from crmkit.web.public import is_public

CONVENTIONS = """
Every request carries `Authorization: Bearer <token>`. Money is a string with two decimals and a
currency. Instants are RFC 3339 in UTC, days `YYYY-MM-DD`. Lists are paged: pass `next_cursor` on as
`cursor`. A change by `PATCH` names the version it is about with `If-Match`; an `Idempotency-Key`
makes any other change safe to send twice. What is refused is a problem of RFC 9457, whose `code` is
stable.
"""
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]
_READS = frozenset({"GET", "HEAD"})
_WITHOUT_KEY = ("/batch", "/simulate")
"""How paths end whose rows have keys of their own, or that write nothing: neither an idempotency
key nor a version or instant says anything there."""

_NOBODY = 401
_ANY, _WRITING = (400, 401, 403, 414, 422, 429, 431, 500, 503), (404, 409, 412, 413, 415)
"""What the gate answers before there is an operation, each operation answers."""
_NAMED = frozenset({*_ANY, *_WRITING, 410, 428})
_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of the identity provider (JWT), or an API key.",
}
_REF = "#/components/{}/{}"


def _header(name: str, schema: dict[str, Any], told: str, *, required: bool = False) -> Any:
    return {"name": name, "in": "header", "required": required, "schema": schema} | {
        "description": told
    }


_TEXT = {"type": "string"}
_DAY, _TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?"
_INSTANT = f"^{_DAY}T{_TIME}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$"
_ETAG = {"type": "string", "pattern": '^"[0-9]{1,9}"$', "examples": ['"3"']}
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "IdempotencyKey": _header(
        "Idempotency-Key",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "Repeating a request with its key returns the first answer, for 48 hours.",
    ),
    "OccurredAt": _header(
        "Occurred-At",
        {"type": "string", "pattern": _INSTANT, "examples": ["2026-03-31T16:00:00Z"]},
        "RFC 3339, not in the future: when it happened; needs the scope `history:write`.",
    ),
    "IfMatch": _header("If-Match", _ETAG, "The version this is about, else 412."),
    "IfMatchRequired": _header(
        "If-Match", _ETAG, "The version this changes: 428 without, 412 if stale.", required=True
    ),
    "IfNoneMatch": _header("If-None-Match", _TEXT, "304 where this is still the version."),
    "Prefer": _header(
        "Prefer",
        {"type": "string", "examples": ["wait=3"]},
        "`wait=3` waits so many seconds, 5 at most, for a record another service has announced.",
    ),
    "AsOf": asof.PARAMETER,
}
HEADERS: Mapping[str, dict[str, Any]] = {
    "ETag": {"schema": _ETAG, "description": "The version, for If-Match and If-None-Match."},
    "Location": {"schema": _TEXT, "description": "Where the new resource is."},
    "Link": {"schema": _TEXT, "description": 'The next page, `rel="next"`.'},
    "RateLimit": {
        "schema": _TEXT,
        "description": "What is left (`r`) of each budget, and seconds until all is back (`t`).",
    },
    "RateLimit-Policy": {
        "schema": _TEXT,
        "description": "Each budget that counts: requests (`q`) in so many seconds (`w`).",
    },
    "Idempotency-Replayed": {
        "schema": {"const": "true", "type": "string"},
        "description": "This is the answer of an earlier request with the same key.",
    },
}


def include(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Take the routers into the app, and complete what its OpenAPI document says of them.

    Route by route: an included router is walked through twice for each request, with those before.
    """
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            route.unique_id = route.name
        app.router.routes.append(route)
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            for method, route in _operations(routers):
                operation = document["paths"][route.path_format][method.lower()]
                _complete(operation, method, route)
            _link(document, [*_operations(routers)])
            _add_components(document)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # how FastAPI has it replaced


def _operations(routers: Sequence[APIRouter]) -> Iterator[tuple[str, APIRoute]]:
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                yield from ((method, route) for method in route.methods or ())


def _complete(operation: dict[str, Any], method: str, route: APIRoute) -> None:
    operation.setdefault("description", _told(route))
    if is_public(route):
        operation["security"] = []
    if not operation["description"]:
        del operation["description"]
    asked = [*_asked(method, route)]
    if asked:
        references = [{"$ref": _REF.format("parameters", name)} for name in asked]
        operation.setdefault("parameters", []).extend(references)
    if method in _READS and _shows_one(route):
        operation["parameters"].append(_projection(route))
    answer = operation["responses"][str(route.status_code or 200)]
    headers = {name: {"$ref": _REF.format("headers", name)} for name in _shown(method, route)}
    if headers:
        answer.setdefault("headers", {}).update(headers)
    if "IfNoneMatch" in asked:
        operation["responses"]["304"] = {"description": "Not Modified"}
    for status in _refusals(method, route):
        reference = {"$ref": _REF.format("responses", _problem_name(status))}
        operation["responses"][str(status)] = reference


def _told(route: APIRoute) -> str:
    """What the command says that the handler is named after."""
    commands = getattr(sys.modules.get(route.endpoint.__module__), "commands", None)
    return inspect.getdoc(getattr(commands, route.endpoint.__name__, None)) or ""


def _asked(method: str, route: APIRoute) -> Iterator[str]:
    if is_public(route):
        if route.body_field is not None:  # what is read raw is known by another name
            yield "IdempotencyKey"
        return
    if method not in _READS:
        asks = asof.has_no_past(route)  # a question too long for a URL, which changes nothing
        if not route.path.endswith(_WITHOUT_KEY) and not asks:
            yield from ("IdempotencyKey", "OccurredAt")
            if route.status_code != HTTPStatus.CREATED:
                yield "IfMatchRequired" if _is_matched(route) else "IfMatch"
        return
    if not asof.has_no_past(route):
        yield "AsOf"
    if _shows_one(route):
        yield from ("IfNoneMatch", "Prefer")


def _projection(route: APIRoute) -> dict[str, Any]:
    name = f"({'|'.join(route.response_model.model_fields)})"
    return {
        "name": "fields",
        "in": "query",
        "schema": {"type": "string", "pattern": f"^{name}(,{name})*$"},
        "description": "Only these fields, separated by commas; the answer has no ETag then.",
    }


def _shown(method: str, route: APIRoute) -> Iterator[str]:
    if is_public(route):
        return
    yield from ("RateLimit", "RateLimit-Policy")
    if _returns_record(route):
        yield "ETag"
        if method not in _READS:
            yield "Idempotency-Replayed"
    if route.status_code == HTTPStatus.CREATED:
        yield "Location"
    elif _is_page(route):
        yield "Link"


def _refusals(method: str, route: APIRoute) -> Iterator[int]:
    yield from (status for status in _ANY if status != _NOBODY or not is_public(route))
    if method not in _READS:
        yield from _WRITING
    elif route.dependant.path_params or _returns_record(route):
        yield 404
    if _is_matched(route):
        yield 428


def _link(document: dict[str, Any], operations: list[tuple[str, APIRoute]]) -> None:
    """What may follow: all that can be done with a record that was made, a change of one shown."""
    paths = document["paths"]
    for method, route in operations:
        following = [(w, then) for w, then in operations if _follows(method, route, w, then)]
        names = (paths[then.path_format][w.lower()]["operationId"] for w, then in following)
        links = {
            name: {"operationId": name, "parameters": _passed_on(then)}
            for name, (_, then) in zip(names, following, strict=True)
        }
        if links:
            status = str(route.status_code or 200)
            paths[route.path_format][method.lower()]["responses"][status]["links"] = links


def _follows(method: str, route: APIRoute, way: str, then: APIRoute) -> bool:
    if len(then.dependant.path_params) != 1:
        return False
    if method == "POST" and route.status_code == HTTPStatus.CREATED and _returns_record(route):
        return then.path_format.startswith(f"{route.path_format}/{{")
    changes = way not in _READS and then.path_format == route.path_format
    return method == "GET" and _shows_one(route) and changes


def _passed_on(then: APIRoute) -> dict[str, str]:
    (parameter,) = then.dependant.path_params
    version = {"If-Match": "$response.header.ETag"} if _is_matched(then) else {}
    return {parameter.name: "$response.body#/id"} | version


def _add_components(document: dict[str, Any]) -> None:
    parts = document.setdefault("components", {})
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = parts.setdefault("schemas", {})
    schemas.update(described.pop("$defs") | {"Problem": described})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["parameters"] = dict(PARAMETERS)
    parts["headers"] = dict(HEADERS)
    parts["responses"] = {
        _problem_name(status): {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted(_NAMED)
    }
    parts["securitySchemes"] = {"bearer": _SCHEME}
    document["security"] = SECURITY
    own = document["info"].get("description", "")
    document["info"]["description"] = f"{own}\n{CONVENTIONS}".strip()


def _problem_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _is_matched(route: APIRoute) -> bool:
    (wanted,) = (each.dependency for each in Matched.__metadata__)  # type: ignore[attr-defined]  # Annotated keeps what it was given
    return any(found.call is wanted for found in route.dependant.dependencies)


def _returns_record(route: APIRoute) -> bool:
    model = route.response_model
    return isinstance(model, type) and issubclass(model, Read)


def _shows_one(route: APIRoute) -> bool:
    return _returns_record(route) and route.path.endswith("}")


def _is_page(route: APIRoute) -> bool:
    model = route.response_model
    return isinstance(model, type) and issubclass(model, Page)
