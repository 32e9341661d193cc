"""Errors as RFC 9457 problems: the one place that says what callers learn of a failure."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, get_args

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crmkit.db.failures import is_away
from crmkit.kernel.errors import (
    Conflict,
    CrmError,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    TooMany,
    Unauthorized,
    Unavailable,
)
from crmkit.web.methods import not_allowed

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[CrmError], int] = {
    Invalid: 422,
    NotFound: 404,
    Forbidden: 403,
    Unauthorized: 401,
    Conflict: 409,
    Stale: 412,
    TooMany: 429,
    Unavailable: 503,
}

_MAX_FAULTS = 20
_MAX_NAME = 64
_HTTP_CODES = {
    400: "request.malformed",
    404: "path.unknown",
    405: "method.not_allowed",
    413: "body.too_large",
    415: "body.media_type",
}
_OWN_MEMBERS = frozenset({"type", "title", "status", "code"})
_FAULT_CODES = {"extra_forbidden": "field.unknown", "missing": "field.missing"}
_log = structlog.get_logger()

Rendered = tuple[int, dict[str, str], bytes]


class ProblemFault(BaseModel):
    """One offending field; `pointer` is an RFC 6901 pointer into the body, or `/<parameter>`."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable and dotted; some codes bring members of their own."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    instance: str | None = None
    errors: list[ProblemFault] = []
    trace_id: str


class Refusal(HTTPException):
    """A refusal by HTTP's own rules (400, 413, 415, 428, …), which no CrmError stands for."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code
        self.extra = dict(extra or {})


UNVERSIONED: dict[str, Any] = {"$ref": "#/components/responses/PreconditionRequired"}
"""How an operation documents it that needs a version only of what is there already."""


def unversioned() -> Refusal:
    """What changes a record says which version it means."""
    return Refusal(428, "say which version you change with If-Match", code="version.required")


def render(
    error: BaseException, trace_id: str, *, instance: str = "", model: Any = None
) -> Rendered:
    """Status, headers and body of the answer; what is nobody's refusal is logged and told to none.

    `model` is the type of the body, for the nearest known name of an unknown field.
    """
    if isinstance(error, CrmError):
        return _render_refusal(error, trace_id, instance)
    if isinstance(error, RequestValidationError):
        return _render_refusal(unfit(error.errors(), model), trace_id, instance)
    if isinstance(error, HTTPException):
        return _render_http(error, trace_id, instance)
    if is_away(error):
        _log.warning("dependency.away", trace_id=trace_id, error=type(error).__name__)
        away = Unavailable("a dependency does not answer now, try again")
        return _render_refusal(away, trace_id, instance)
    _log.error("request.failed", trace_id=trace_id, exc_info=error)
    members = {"instance": instance, "trace_id": trace_id}
    return _encode(_members(500, "internal", members), {})


def unfit(found: Sequence[Mapping[str, Any]], model: Any = None) -> Invalid:
    """The refusal of what pydantic found; each `loc` begins with where it was, such as `body`."""
    faults = [_fault(each, model) for each in found[:_MAX_FAULTS]]
    return Invalid("the request does not fit its description", faults=faults)


def problem(error: CrmError, trace_id: str = "", instance: str = "") -> dict[str, Any]:
    """The members of a refusal's problem, without those that are empty."""
    members = {
        **error.extra,
        "detail": error.detail,
        "instance": instance,
        "errors": [_shown(fault) for fault in error.faults],
        "trace_id": trace_id,
    }
    return _members(status_of(error), error.code, members)


def status_of(error: CrmError) -> int:
    """The HTTP status of a refusal; what is wrong with the URL itself is 400, not 422."""
    if error.code.startswith(("parameter.", "cursor.", "as_of.")):
        return 400
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def install(app: FastAPI) -> None:
    """Answer every error of the app by `render`."""
    for kind in (CrmError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _handle)


def trace_of(scope: Mapping[str, Any]) -> str:
    """The W3C trace id of an ASGI scope that came through the gate, else nothing."""
    return str(scope.get("traceparent", ""))[3:35]


async def _handle(request: Request, error: Exception) -> Response:
    field = getattr(request.scope.get("route"), "body_field", None)
    status, headers, body = render(
        not_allowed(request) or error,
        trace_of(request.scope),
        instance=request.scope["path"],
        model=field and field.field_info.annotation,
    )
    return Response(body, status, headers)


def _render_refusal(error: CrmError, trace_id: str, instance: str) -> Rendered:
    headers = {}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = 'Bearer realm="dealstream"'
    if isinstance(error, TooMany | Unavailable):
        headers["retry-after"] = str(getattr(error, "retry_after", 1))
    return _encode(problem(error, trace_id, instance), headers)


def _render_http(error: HTTPException, trace_id: str, instance: str) -> Rendered:
    status = error.status_code
    code = getattr(error, "code", None) or _HTTP_CODES.get(status, f"http.{status}")
    detail = error.detail if isinstance(error, Refusal) else ""
    members = {
        **getattr(error, "extra", {}),
        "detail": detail,
        "instance": instance,
        "trace_id": trace_id,
    }
    return _encode(_members(status, code, members), error.headers or {})


def _members(status: int, code: str, members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": f"urn:dealstream:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        **{
            name: value
            for name, value in members.items()
            if name not in _OWN_MEMBERS and value not in ("", [])
        },
    }


def _encode(members: dict[str, Any], headers: Mapping[str, str]) -> Rendered:
    body = json.dumps(members, ensure_ascii=False, default=str, separators=(",", ":"))
    shown = {**headers, "content-type": MEDIA_TYPE}
    return members["status"], shown, body.encode("utf-8", "replace")


def _shown(fault: Fault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "message": fault.message}


def _fault(found: Mapping[str, Any], model: Any) -> Fault:
    """One pydantic error, without what the caller sent."""
    kind, path = found["type"], found["loc"][1:]
    message = found["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        message = _unknown(path, model)
    elif kind not in _LISTING and (kind == "uuid_parsing" or _echoes(message, found.get("input"))):
        message = "this value is not allowed here"
    return Fault(_pointer(path), fault_code(kind), message)


_LISTING = frozenset({"enum", "literal_error"})
"""Kinds whose message lists what is allowed, and nothing that was sent, though it be like it."""


def fault_code(kind: str) -> str:
    """The dotted code of one of pydantic's kinds of errors."""
    return _FAULT_CODES.get(kind, f"field.{kind}")


def _echoes(message: str, sent: Any) -> bool:
    return isinstance(sent, str) and len(sent) > 1 and sent in message


def _pointer(path: Sequence[str | int]) -> str:
    steps = (str(step)[:_MAX_NAME].replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def _unknown(path: Sequence[str | int], model: Any) -> str:
    nearest = get_close_matches(str(path[-1])[:_MAX_NAME], _known(model, path[:-1]), n=1)
    return f"no such field; did you mean {nearest[0]!r}?" if nearest else "no such field"


def _known(annotation: Any, path: Sequence[str | int]) -> list[str]:
    """The names of the fields that the models at `path` inside the annotation have."""
    models = _models(annotation)
    for step in path:
        deeper = [m.model_fields[step] for m in models if step in m.model_fields]
        if deeper:
            models = [model for field in deeper for model in _models(field.annotation)]
    return sorted({field.alias or name for m in models for name, field in m.model_fields.items()})


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
