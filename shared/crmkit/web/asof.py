"""Which instant a request reads: `?as_of=` or the header `As-Of`, for every GET and for GraphQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.types import Scope

from crmkit.db.asof import unsupported
from crmkit.fields import Instant
from crmkit.kernel import clock
from crmkit.kernel.errors import Invalid

F = TypeVar("F", bound=Callable[..., Any])

_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)
_NAME = "as_of"
_READS = frozenset({"GET", "HEAD"})
PARAMETER: dict[str, Any] = {
    "name": _NAME,
    "in": "query",
    "description": "Answers as it was known at that instant of the past; without ETag.",
    "schema": {"type": "string", "format": "date-time"},
}


def present_only(handler: F) -> F:
    """Mark a handler whose answer has no past: with `as_of` it is refused. One that is asked by
    POST changes nothing."""
    handler.__dict__["present_only"] = True
    return handler


def lift(scope: Scope) -> Scope:
    """The scope with `as_of` taken out of the query, which rooms read strictly."""
    query: bytes = scope.get("query_string", b"")
    if b"=" not in query:
        return scope
    parts = query.decode("latin-1").split("&")
    names = [unquote_plus(part.partition("=")[0]) for part in parts]
    if _NAME not in names:
        return scope
    given = [part for part, name in zip(parts, names, strict=True) if name == _NAME]
    rest = [part for part, name in zip(parts, names, strict=True) if name != _NAME]
    return {
        **scope,
        "query_string": "&".join(rest).encode("latin-1"),
        _NAME: [unquote_plus(part.partition("=")[2]) for part in given],
    }


def instant_of(request: Request) -> datetime | None:
    """The instant a request reads, None for now.

    Invalid `as_of.invalid`, `as_of.write` on what changes something, `as_of.unsupported`.
    """
    given = [*request.scope.get(_NAME, ()), *request.headers.getlist("as-of")]
    if not given:
        return None
    scope = request.scope
    graphql = scope["path"].startswith("/graphql/")
    if request.method not in _READS and not graphql:
        raise written()
    if has_no_past(scope.get("route")):
        raise unsupported(scope["path"])
    if len(given) > 1:
        raise _invalid("given more than once")
    return parsed(given[0])


def parsed(text: str, name: str = _NAME) -> datetime:
    """An instant of the past; Invalid `as_of.invalid`."""
    try:
        instant: datetime = _INSTANT.validate_python(text)
    except ValidationError as error:
        raise _invalid("an RFC 3339 instant, such as 2026-11-22T09:30:00Z", name) from error
    return passed(instant, name)


def passed(instant: datetime, name: str = _NAME) -> datetime:
    """The instant, unless it lies in the future."""
    if instant > clock.now():
        raise _invalid("not in the future", name)
    return instant


def written() -> Invalid:
    """The refusal of a change as of an instant."""
    return Invalid("the past is read, never written", code="as_of.write")


def has_no_past(route: Any) -> bool:
    """Whether the route's handler is marked as `present_only`."""
    return getattr(getattr(route, "endpoint", None), "present_only", False)


def _invalid(message: str, name: str = _NAME) -> Invalid:
    return Invalid.field(name, "as_of.invalid", f"{name}: {message}")
