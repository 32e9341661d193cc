"""What every request passes before a room sees it: size limits, identity, deadline, metrics."""

import asyncio
import os
import re
import time
from collections.abc import Collection
from functools import partial
from typing import Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkit.db.visits import Visit
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import CrmError, TooMany, Unauthorized
from crmkit.metrics import Meter
from crmkit.settings import Settings
from crmkit.web import logs, problems
from crmkit.web.limits import Headers, Limits
from crmkit.web.problems import Refusal
from crmkit.web.proxies import address_of
from crmkit.web.tokens import refused

MAX_BODY = 1024 * 1024
MAX_BULK_BODY = 4 * 1024 * 1024
MAX_UPLOAD = 256 * 1024 * 1024
"""A file of a million rows; it is read piece by piece."""
MAX_OPEN_BODY = 16 * 1024
"""What anybody may send: one form, filled in by hand."""
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
MAX_URL_BYTES = 8 * 1024
DEADLINE_SECONDS = 10.0
BULK_SECONDS = 60.0
UPLOAD_SECONDS = 600.0
"""Until the answer begins; 16 MiB do not come up every line within ten seconds."""

_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_BULK = "/batch"
_LONG = (_BULK, "/erase")  # an erasure looks through what others have sent
_UPLOAD, _STREAM = "/imports", "/stream"
_GUARDED = ("/v1/", "/graphql/")
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_LENGTH_DIGITS = 18
_ABORTED = 499
_POLICY_VIOLATION = 1008
_CLOSE = {"connection": "close"}
_FOR_PAGES: Headers = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
_log = structlog.get_logger()


class Authenticator(Protocol):
    """Turns the credential after `Bearer ` into an Actor, or raises Unauthorized."""

    def known(self, token: str) -> Actor | None:
        """The actor of a credential that was let in a moment ago: it costs no work to speak of."""

    async def actor(self, token: str) -> Actor: ...


class Gate:
    """Wraps a service's app, or all of them.

    `public` are paths under /v1 that need no token; one that ends in a slash opens all below it.
    Pages of any origin may read every answer below `pages`.
    Sets scope["traceparent"] and, where a token is needed, scope["actor"] and scope["limits"]. A
    websocket may come without a token, since browsers send none: its app sets scope["tokens"] and
    asks scope["admit"]. Whether a token holds still is asked of `demand_still`.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: str,
        authenticator: Authenticator,
        *,
        limits: Limits | None = None,
        public: Collection[str] = (),
        pages: Collection[str] = (),
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._limits = limits or Limits(Settings.load())
        self._meter = Meter(service)
        self._public = frozenset(public)
        self._public_roots = tuple(path for path in public if path.endswith("/"))
        self._pages = tuple(pages)
        self._deadline = deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["authenticator"] = self._authenticator
        if scope["type"] == "http":
            await self._pass_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._pass_websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _pass_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        guarded = self._is_guarded(scope["path"])
        exchange = _Exchange(scope, receive, send, guarded)
        if scope["path"].startswith(self._pages):
            exchange.headers = _FOR_PAGES
        self._meter.active.inc()
        try:
            async with asyncio.timeout(self._seconds(scope["path"])) as exchange.deadline:
                exchange.check()
                scope["limits"] = self._limits
                if guarded:
                    scope["tokens"] = exchange.tokens
                    await self._admit(exchange, scope)
                await self._visit(scope, exchange)
        except Exception as error:
            await exchange.fail(error)
        finally:
            self._meter.active.dec()
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            self._meter.observe(scope["method"], route, exchange.status, seconds)

    async def _visit(self, scope: Scope, exchange: "_Exchange") -> None:
        """What lasts keeps nobody's place, and whoever asks whether we are ready waits for none."""
        path = scope["path"]
        if path.endswith(_STREAM):
            with Visit(lasts=True):
                await self._app(scope, exchange.incoming, exchange.outgoing)
            return
        if not path.startswith(_GUARDED) or path.endswith(_UPLOAD):
            await self._app(scope, exchange.incoming, exchange.outgoing)
            return
        with Visit() as exchange.visit:
            await self._app(scope, exchange.incoming, exchange.outgoing)

    async def _pass_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(scope, receive, send, guarded=True)
        scope["admit"] = partial(self._admit, exchange, scope)
        try:
            exchange.check()
            scope["tokens"] = exchange.tokens
            if exchange.tokens:
                await self._admit(exchange, scope)
        except (CrmError, Refusal):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await self._app(scope, receive, send)

    def _seconds(self, path: str) -> float | None:
        if path.endswith(_STREAM):
            return None
        if path.endswith(_UPLOAD):
            return UPLOAD_SECONDS
        return BULK_SECONDS if path.endswith(_LONG) else self._deadline

    def _is_guarded(self, path: str) -> bool:
        if not path.startswith(_GUARDED) and path not in {"/v1", "/graphql"}:
            return False
        return path not in self._public and not (
            self._public_roots and path.startswith(self._public_roots)
        )

    async def _admit(self, exchange: "_Exchange", scope: Scope) -> None:
        """Say who calls, and whether they may call so often."""
        token = _bearer(exchange.tokens)
        actor = self._authenticator.known(token) if token else None
        scope["actor"] = actor = actor or await self._authenticate(token, scope)
        scope["limits"] = self._limits
        verdict = self._limits.admit(actor, _kind(scope))
        exchange.headers = verdict.headers
        if verdict.retry_after:
            raise _too_often(verdict.retry_after)

    async def _authenticate(self, token: str, scope: Scope) -> Actor:
        """Whoever shows a wrong credential too often is not listened to for a while."""
        address = address_of(scope)
        patience = self._limits.patience(address)
        if patience:
            raise _too_often(patience)
        try:
            if not token:
                raise refused()
            return await self._authenticator.actor(token)
        except Unauthorized:
            self._limits.note_failure(address)
            raise


async def demand_still(scope: Scope) -> None:
    """Unauthorized where the scope's credential would not let in the same actor, with the same
    rights, any more."""
    token = _bearer(scope["tokens"])
    authenticator: Authenticator = scope["authenticator"]
    if not token or await authenticator.actor(token) != scope["actor"]:
        raise refused()


def take_read(scope: Scope) -> None:
    """One more of the caller's reads, for what is asked by a websocket; TooMany `rate.limited`."""
    verdict = scope["limits"].admit(scope["actor"], "read")
    if verdict.retry_after:
        raise _too_often(verdict.retry_after)


class _Exchange:
    """One request and its answer, as they pass."""

    __slots__ = (
        "_counts",
        "_finished",
        "_id",
        "_limit",
        "_receive",
        "_scope",
        "_send",
        "_started",
        "_taken",
        "deadline",
        "headers",
        "status",
        "tokens",
        "visit",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, guarded: bool) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = _limit_of(scope["path"]) if guarded else MAX_OPEN_BODY
        self._id = b""
        self._taken = 0
        self._started = self._finished = self._counts = False
        self.status = _ABORTED
        self.tokens: list[bytes] = []
        self.headers: Headers = []
        self.deadline: asyncio.Timeout | None = None
        self.visit: Visit | None = None

    def check(self) -> None:
        """Name the request; refuse what is too large, encoded or malformed."""
        scope, headers = self._scope, self._scope["headers"]
        found = dict(headers)
        self._name(found.get(b"traceparent", b""))
        self.tokens = [value for name, value in headers if name == b"authorization"]
        if len(headers) > MAX_HEADERS or _size(headers) > MAX_HEADER_BYTES:
            raise Refusal(431, "the headers are too large", code="headers.too_large")
        _check_url(scope)
        if found.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refusal(415, "send the body without content encoding", code="body.encoding")
        length = found.get(b"content-length")
        if length is not None:
            self._check_length(length)
        if length or scope.get("method") not in _BODILESS or b"transfer-encoding" in found:
            self._counts = True

    async def incoming(self) -> Message:
        """The next of what is sent, for which nobody else waits; a body that is too large is
        refused as it comes."""
        if self.visit is not None:
            self.visit.rest()
        message = await self._receive()
        if self._counts:
            self._taken += len(message.get("body", b""))
            if self._taken > self._limit:
                raise _too_large(self._limit)
        return message

    async def outgoing(self, message: Message) -> None:
        """Send on, with the request's name; the deadline ends where the answer begins."""
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", self._id),
                *self.headers,
            ]
            if self.deadline is not None and not self.deadline.expired():
                self.deadline.reschedule(None)
            if self.visit is not None:
                self.visit.end()
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._finished = True
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer with the problem, unless an answer is under way already."""
        if self._finished:
            return
        trace_id = self._id.decode()
        if self._started:
            _log.error("answer.broken", trace_id=trace_id, exc_info=error)
            raise error
        self.deadline = None
        status, headers, body = problems.render(error, trace_id, instance=self._scope["path"])
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        raw.append((b"content-length", str(len(body)).encode()))
        await self.outgoing({"type": "http.response.start", "status": status, "headers": raw})
        await self.outgoing({"type": "http.response.body", "body": body})

    def _name(self, inbound: bytes) -> None:
        if _TRACEPARENT.fullmatch(inbound) is not None:
            parent = inbound.decode()
        else:
            random = os.urandom(24).hex()
            parent = f"00-{random[:32]}-{random[32:]}-00"
        self._scope["traceparent"] = parent
        trace_id = parent[3:35]
        logs.trace_id.set(trace_id)
        self._id = trace_id.encode()

    def _check_length(self, length: bytes) -> None:
        if not length.isdigit() or len(length) > _MAX_LENGTH_DIGITS:
            raise Refusal(400, "Content-Length is no number", code="request.malformed")
        if int(length) > self._limit:
            raise _too_large(self._limit)


def _bearer(tokens: list[bytes]) -> str:
    """What stands after `Bearer `, nothing where there is not exactly that."""
    if len(tokens) != 1:
        return ""
    kind, _, token = tokens[0].decode("latin-1").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _kind(scope: Scope) -> str:
    if scope.get("method", "GET") in _BODILESS:
        return "read"
    return "bulk" if scope["path"].endswith((_BULK, _UPLOAD)) else "write"


def _too_often(seconds: int) -> TooMany:
    return TooMany("you ask too often", code="rate.limited", retry_after=seconds)


def _limit_of(path: str) -> int:
    if path.endswith(_UPLOAD):
        return MAX_UPLOAD
    return MAX_BULK_BODY if path.endswith(_BULK) else MAX_BODY


def _size(headers: list[tuple[bytes, bytes]]) -> int:
    return sum([len(name) + len(value) for name, value in headers])


def _check_url(scope: Scope) -> None:
    path, query = scope["path"], scope["query_string"]
    if len(scope.get("raw_path") or path) + len(query) > MAX_URL_BYTES:
        raise Refusal(414, "the URL is too long", code="url.too_long")
    if "\0" in path or b"%00" in query:
        raise Refusal(400, "the URL holds a NUL character", code="request.malformed")


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413, f"the body is larger than {limit} bytes", code="body.too_large", headers=_CLOSE
    )
