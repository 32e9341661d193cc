"""Errors: a Problem where a mutation can answer one, else a GraphQL error with a code."""

import re
from uuid import uuid4

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from crmkit.db.failures import is_away
from crmkit.kernel.errors import CrmError, Unavailable
from crmkit.web.logs import describe, trace_id
from crmkit.web.problems import status_of

_REFUSED = "Argument '"
"""How graphql-core begins where a variable brings null to an argument that takes none."""
_LONGEST = 1000
"""Characters of a traceback in the log, so that a line stays below 2 KB."""
_VALUES = (
    (re.compile(r"[,;] found\b.*", re.DOTALL), ""),
    (re.compile(r"( cannot represent [a-z0-9 -]*value): .*", re.DOTALL), r"\1"),
    (re.compile(r"Value '.*' does not exist in", re.DOTALL), "This value does not exist in"),
    (re.compile(r"(Unexpected [A-Za-z]*String) .*", re.DOTALL), r"\1"),
)
"""Where graphql-core quotes what was sent, and what stands there instead."""
_log = structlog.get_logger()


@strawberry.federation.type(shareable=True, description="One offending field of the input.")
class Fault:
    pointer: str
    code: str
    message: str


@strawberry.federation.type(shareable=True, description="Why a mutation was refused.")
class Problem:
    code: str
    message: str
    http_status: int
    errors: list[Fault]


class Refusals(strawberry.ExceptionHandler[CrmError, Problem]):
    """Answers a refusal as the Problem member of the field's union."""

    def handle(self, exception: CrmError, **_: object) -> Problem:
        faults = exception.faults
        return Problem(
            code=exception.code,
            message=exception.detail,
            http_status=status_of(exception),
            errors=[Fault(pointer=f.pointer, code=f.code, message=f.message) for f in faults],
        )


def answered(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it: with a code, and masked where nobody foresaw it."""
    if "code" in (error.extensions or {}):
        return error
    cause = _cause(error)
    if cause is not None and is_away(cause):
        cause = Unavailable("a dependency does not answer now, try again")
    if isinstance(cause, CrmError):
        return _again(error, cause.detail, code=cause.code, status=status_of(cause))
    if cause is None and (error.path is None or error.message.startswith(_REFUSED)):
        return _again(error, unquoted(error.message), code=_request_code(error))
    return _unexpected(error, cause or error)


def unquoted(message: str) -> str:
    """The message without the values it quotes; names of fields, types and variables stay."""
    for pattern, instead in _VALUES:
        message = pattern.sub(instead, message)
    return message


def _cause(error: GraphQLError) -> Exception | None:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _unexpected(error: GraphQLError, cause: Exception) -> GraphQLError:
    trace = trace_id.get() or uuid4().hex
    told = describe(cause)
    _log.error(
        "graphql.failed",
        trace_id=trace,
        path=".".join(map(str, error.path or ()))[:200],
        error=told["type"][:100],
        message=str(told.get("message", ""))[:100],
        frames=" < ".join(reversed(told["frames"]))[:_LONGEST],
    )
    return _again(error, "internal error", code="INTERNAL", trace_id=trace)


def _request_code(error: GraphQLError) -> str:
    if error.message.endswith("Parsing aborted."):
        return "LIMIT_EXCEEDED"
    syntax = isinstance(error, GraphQLSyntaxError)
    return "GRAPHQL_PARSE_FAILED" if syntax else "GRAPHQL_VALIDATION_FAILED"


def _again(error: GraphQLError, message: str, **extensions: str | int) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=dict(extensions),
    )
