"""The edge of a request: who calls, how the answer leaves. REST and GraphQL share it."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import TypeAdapter, ValidationError

from crmkit.db.executor import Call, Executor, IdempotencyKey
from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.db.visits import rest
from crmkit.db.writing import Tx
from crmkit.fields import Instant
from crmkit.kernel import clock
from crmkit.kernel.access import HISTORY_SCOPE
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from crmkit.web.answers import Read, encode, etag, page_bytes, project
from crmkit.web.asof import instant_of, written
from crmkit.web.problems import unversioned

R = TypeVar("R", bound=Record)
P = ParamSpec("P")

_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)
_ETAG = re.compile(r'^"(\d{1,9})"$')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WAIT = re.compile(r"\bwait=(\d{1,3})\b")
_LONGEST_WAIT = 5
_OPERATORS = frozenset({"admin", "auditor"})
JSON = "application/json"


@dataclass(slots=True)
class EdgeContext:
    """One request: its actor, a Reading, a way to write, and how answers are made."""

    request: Request
    executor: Executor
    actor: Actor
    reading: Reading
    replayed: bool = False

    async def write(
        self,
        command: Callable[Concatenate[Tx, P], Awaitable[R]],
        /,
        *args: P.args,
        **options: P.kwargs,
    ) -> R:
        """Run a command with all the request's headers ask for, and write it."""
        call = await self.call(self.request.headers.get("idempotency-key"), self._expected())
        return await self.run(call, command, *args, **options)

    async def run(
        self,
        call: Call,
        command: Callable[Concatenate[Tx, P], Awaitable[R]],
        /,
        *args: P.args,
        **options: P.kwargs,
    ) -> R:
        """Run a command for a call that was put together by hand (GraphQL)."""
        if self.reading.as_of is not None:
            raise written()
        outcome = await self.executor.write(call, command, *args, **options)
        self.replayed = outcome.replayed
        return outcome.row

    async def rehearse(
        self,
        command: Callable[Concatenate[Tx, P], Awaitable[R]],
        /,
        *args: P.args,
        **options: P.kwargs,
    ) -> R:
        """What a command would answer now; nothing is written."""
        if self.reading.as_of is not None:
            raise written()
        tx = self.executor.open(await self.call(None, self._expected()))
        return await command(tx, *args, **options)

    async def call(self, key: str | None, expected: int | None) -> Call:
        """What came with the request: idempotency key, version, business instant, trace."""
        idempotency = None
        if key is not None:
            demand_key(key)
            body = await self.request.body()
            route = f"{self.request.method} {self.request.scope['path']}"
            happened = self.request.headers.get("occurred-at", "").encode()
            said = hashlib.sha256(happened + b"\n" + body).digest()
            idempotency = IdempotencyKey(route, key, said)
        return Call(
            self.actor,
            occurred_at=self._occurred_at(),
            expected=expected,
            idempotency=idempotency,
            traceparent=self.request.scope.get("traceparent"),
        )

    def listing(self, listing: Listing) -> Wanted:
        """The list parameters of the URL, checked against what the listing offers."""
        return listing.parse(self.request.query_params.multi_items())

    async def get(self, cls: type[R], row_id: UUID) -> R:
        """The row; with `Prefer: wait=n`, one that another service announced is waited for."""
        deadline = asyncio.get_running_loop().time() + self._patience()
        while True:
            try:
                return await self.reading.get(cls, row_id)
            except NotFound:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
            rest()
            await asyncio.sleep(0.05)

    async def put(
        self, schema: type[Read], command: Callable[[Tx, Any], Awaitable[R]], said: Any
    ) -> Response:
        """What a tenant has once: 201 where it is said for the first time, 200 where it is said
        anew, 428 without `If-Match` then."""
        try:
            row = await self.write(command, said)
        except Conflict as refused:
            if refused.code != "version.required":
                raise
            raise unversioned() from refused
        status = 201 if row.version == 1 else 200
        return self._answer(schema, row, status, {})

    def demand_operator(self) -> None:
        """Forbidden but for auditors and administrators."""
        if _OPERATORS.isdisjoint(self.actor.roles):
            raise Forbidden("this is for auditors and administrators", code="forbidden")

    def created(self, schema: type[Read], row: Record) -> Response:
        """201 with the whole resource and where it lives."""
        path = self.request.scope["path"].rstrip("/")
        return self._answer(schema, row, 201, {"location": f"{path}/{row.id}"})

    def changed(self, schema: type[Read], row: Record) -> Response:
        """200 with the whole resource after the change."""
        return self._answer(schema, row, 200, {})

    def shown(self, schema: type[Read], row: Record) -> Response:
        """200 with the resource, 304 where the caller has it already, or the fields asked for.

        As of an instant there is no ETag, for it would be taken for that of the present.
        """
        fields = self._fields()
        if fields is not None:
            shape = project(schema.of(row, self._masks(type(row))), fields)
            return Response(encode(shape), 200, media_type=JSON)
        if self.reading.as_of is not None:
            return self.plain(schema.of(row, self._masks(type(row))))
        if self.request.headers.get("if-none-match") == etag(row.version):
            return Response(None, 304, {"etag": etag(row.version)})
        return self._answer(schema, row, 200, {})

    def page(self, schema: type[Read], cls: type[Record], found: Found) -> Response:
        """One page of a list, with the link to the next."""
        headers = {}
        if found.next_cursor:
            asked = self.request.scope.get("as_of")
            past = {"as_of": asked[0]} if asked else {}
            link = self.request.url.include_query_params(cursor=found.next_cursor, **past)
            headers["link"] = f'<{link.path}?{link.query}>; rel="next"'
        return Response(page_bytes(schema, found, self._masks(cls)), 200, headers, JSON)

    def plain(self, content: Any, status: int = 200) -> Response:
        """Any JSON that is no resource with a version."""
        return Response(encode(content), status, media_type=JSON)

    def gone(self) -> Response:
        return Response(None, 204)

    def _answer(
        self, schema: type[Read], row: Record, status: int, headers: dict[str, str]
    ) -> Response:
        headers["etag"] = etag(row.version)
        if self.replayed:
            headers["idempotency-replayed"] = "true"
        return Response(encode(schema.of(row, self._masks(type(row)))), status, headers, JSON)

    def _masks(self, cls: type[Record]) -> frozenset[str]:
        return self.reading.policy.masks(self.actor, plan(cls).table)

    def _expected(self) -> int | None:
        given = self.request.headers.get("if-match")
        if given is None:
            return None
        match = _ETAG.match(given)
        return int(match[1]) if match else 0

    def _fields(self) -> list[str] | None:
        query = self.request.query_params.multi_items()
        unknown = next((name for name, _ in query if name != "fields"), None)
        if unknown is not None:
            raise Invalid(f"unknown parameter {unknown!r}", code="parameter.unknown")
        return query[0][1].split(",") if query else None

    def _patience(self) -> int:
        match = _WAIT.search(self.request.headers.get("prefer", ""))
        waits = match is not None and self.reading.as_of is None  # the past brings nothing more
        return min(int(match[1]), _LONGEST_WAIT) if match and waits else 0

    def _occurred_at(self) -> Any:
        given = self.request.headers.get("occurred-at")
        if given is None:
            return None
        return business_instant(self.actor, given)


def demand_key(key: str) -> None:
    """Invalid `idempotency.invalid` where no key can be that."""
    if not _KEY.fullmatch(key):
        raise Invalid("a key is 1 to 255 visible ASCII characters", code="idempotency.invalid")


def business_instant(actor: Actor, given: str) -> Any:
    """When it happened in the business: for callers who may write history, never in the future."""
    if HISTORY_SCOPE not in actor.scopes:
        raise Forbidden(f"occurred-at needs the scope {HISTORY_SCOPE}", code="history.forbidden")
    try:
        instant = _INSTANT.validate_python(given)
    except ValidationError as error:
        raise Invalid("occurred-at is an RFC 3339 instant", code="history.invalid") from error
    if instant > clock.now():
        raise Invalid("occurred-at lies in the future", code="history.future")
    return instant


async def _edge(request: Request) -> EdgeContext:
    return edge_of(request)


async def _matched(request: Request) -> EdgeContext:
    if "if-match" not in request.headers:
        raise unversioned()
    return edge_of(request)


def edge_of(request: Request) -> EdgeContext:
    """The edge of a request that the gate has let in."""
    executor: Executor = request.app.state.executor
    actor: Actor = request.scope["actor"]
    now, as_of = clock.now(), instant_of(request)
    reading = Reading(executor.database, executor.policy, actor, now, as_of=as_of)
    return EdgeContext(request, executor, actor, reading)


Edge = Annotated[EdgeContext, Depends(_edge)]
Matched = Annotated[EdgeContext, Depends(_matched)]
"""The edge of a change that must name the version it changes."""
