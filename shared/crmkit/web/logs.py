"""One JSON line per log entry, on standard output, for our own loggers and the libraries' alike."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from functools import cache
from typing import Any

import orjson
import structlog

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""Of the request or event being worked on; every line of its context carries it."""

_HIDDEN = "[hidden]"
_SECRET_NAMES = re.compile(
    r"authorization|cookie|token|secret|password|api_?key|body|payload", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(?i:bearer)\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*|crm_(?:live|form|hook|survey)_\w+|whsec_\S+|(?<=://)[^/\s:@]+:[^/\s@]+@"
)
_MAX_TEXT = 2000
_UNTOLD = ("pydantic", "asyncpg", "fastapi", "msgspec", "json")
"""Modules whose errors quote the values that they refuse."""

Event = MutableMapping[str, Any]


def configure() -> None:
    """Set up structlog and route the standard library's logging through it; again is no harm."""
    *shared, _ = processors = _processors()
    structlog.configure(
        processors=processors,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_serialize),
            ],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells the whole URL of each request


def hide_secrets(_: object, __: str, event: Event) -> Event:
    """Blot out values by name, credentials by shape, and cut what is too long."""
    return {key: _HIDDEN if _is_secret(key) else _hide(value) for key, value in event.items()}


def describe(error: BaseException) -> dict[str, Any]:
    """Type and frames of an error; its text only where it cannot quote what a caller sent."""
    walk = traceback.walk_tb(error.__traceback__)
    frames = traceback.StackSummary.extract(walk, lookup_lines=False)[-20:]
    kind = type(error)
    told = {} if kind.__module__.startswith(_UNTOLD) else {"message": str(error)}
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        **told,
    }


@cache
def _processors() -> list[structlog.typing.Processor]:
    """One list for the process: loggers keep what they were first used with."""
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _tell_error,
        hide_secrets,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]


def _is_secret(key: str) -> bool:
    return not key.startswith("_") and _SECRET_NAMES.search(key) is not None


def _hide(value: Any) -> Any:
    match value:
        case str():
            return _SECRET_TEXT.sub(_HIDDEN, value[:_MAX_TEXT])
        case dict():
            return {k: _HIDDEN if _is_secret(str(k)) else _hide(v) for k, v in value.items()}
        case list() | tuple():
            return [_hide(part) for part in value]
    return value


def _add_trace(_: object, __: str, event: Event) -> Event:
    if found := trace_id.get():
        event.setdefault("trace_id", found)
    return event


def _tell_error(_: object, __: str, event: Event) -> Event:
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else sys.exception() if found is True else found
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def _serialize(event: Event, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
