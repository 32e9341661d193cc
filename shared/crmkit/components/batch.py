"""Many records in one request: `POST /v1/<plural>/batch`, in as few statements as can be."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, create_model

from crmkit.db.executor import Call, Executor, answered_by
from crmkit.db.failures import is_away
from crmkit.db.joining import join
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.writing import Memo, Tx
from crmkit.fields import Flag, Strict
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import CrmError, Invalid
from crmkit.web.answers import Read
from crmkit.web.edge import Edge, EdgeContext, business_instant
from crmkit.web.problems import render, trace_of

_BY_EXTERNAL = """
tenant_id = $1 and (external_system, external_id) in (select * from unnest($2::text[], $3::text[]))
"""
MOST_ROWS = 500
_AT_ONCE = 6
_TOLD = """
Rows are known by their external system and id: one that is there is updated, else created. Each has
its own result, in order; with `atomic` one refused row refuses all. Sending the same rows again
changes nothing, so an `Idempotency-Key` is refused: 422 `idempotency.batch`.
"""

Create = tuple[Callable[..., Awaitable[Any]], type[Strict]]
Refused = CrmError | RequestValidationError
REFUSED = (CrmError, RequestValidationError)
Action = tuple[Callable[..., Awaitable[Any]], type[Strict] | None]
Prepare = Callable[[Reading, Sequence[Mapping[str, Any]]], Awaitable[Memo]]
"""Reads at once what the rows of a batch, as they were sent, will ask for one by one."""


class Step(Strict):
    """An action on the record of its row, with the action's own body."""

    action: str
    data: dict[str, Any] = Field(default_factory=dict)
    occurred_at: str | None = None


class RowResult(BaseModel):
    """What became of one row: 201 created, 200 updated or unchanged, else its problem."""

    status: int
    outcome: str
    id: UUID | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class BatchResult(BaseModel):
    """One result a row, in the order of the rows."""

    rows: list[RowResult]


@dataclass(frozen=True, slots=True)
class Bulk:
    """How one room creates, updates and acts."""

    create: Create
    update: Create | None
    actions: Mapping[str, Action]
    prepare: Prepare | None = None


class Desk(Protocol):
    """Where rows are decided: a request's edge, or the worker's."""

    executor: Executor
    actor: Actor
    reading: Reading


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row as it was sent."""

    data: Mapping[str, Any]
    occurred_at: str | None = None
    then: Sequence[Step] = ()


@dataclass(slots=True)
class Decided:
    """A row that may be written."""

    tx: Tx
    outcome: str
    row: Record


def batch(
    router: APIRouter,
    read: type[Read],
    *,
    create: Create,
    update: Create | None = None,
    actions: Mapping[str, Action] | None = None,
    prepare: Prepare | None = None,
) -> None:
    """Add `POST /batch` to a room's router.

    A row with `external_system` and `external_id` that is known already is updated to what its data
    and then its steps say; the steps are not taken again. With `atomic`, one refused row leaves all
    unwritten.
    """
    bulk = Bulk(create, update, actions or {}, prepare)
    name = read.__name__.removesuffix("Read")
    row_model = create_model(
        f"{name}BatchRow",
        __base__=Strict,
        data=(dict[str, Any], ...),
        occurred_at=(str | None, None),
        then=(list[Step], Field(default_factory=list, max_length=20)),
    )
    body_model = create_model(
        f"{name}Batch",
        __base__=Strict,
        rows=(list[row_model], Field(min_length=1, max_length=MOST_ROWS)),
        atomic=(Flag, False),
    )

    async def write_batch(body: body_model, edge: Edge) -> Response:
        results = await _write(edge, bulk, body.rows, body.atomic)  # type: ignore[attr-defined]  # made above, by create_model
        return edge.plain({"rows": results})

    router.add_api_route(
        "/batch",
        write_batch,
        methods=["POST"],
        response_model=BatchResult,
        name=f"{name.lower()}_batch",
        summary=f"Create or update up to {MOST_ROWS} records, with the steps that follow",
        description=_TOLD.strip(),
    )


async def _write(edge: EdgeContext, bulk: Bulk, rows: list[Any], atomic: bool) -> list[Any]:
    if "idempotency-key" in edge.request.headers:
        raise Invalid("rows of a batch are known by their external ids", code="idempotency.batch")
    call = await edge.call(None, None)
    decided = await decide_rows(edge, bulk, call, rows, fresh=atomic)  # which has one try
    accepted = [one for one in decided if isinstance(one, Decided)]
    if atomic and len(accepted) < len(decided):
        return [_refused(edge, one) if isinstance(one, REFUSED) else _UNWRITTEN for one in decided]
    if accepted and not await _joint(edge, call, accepted):
        if atomic:
            raise Invalid("two of the rows contradict each other", code="batch.contradiction")
        decided = [
            await _single(edge, bulk, call, row) if isinstance(one, Decided) else one
            for row, one in zip(rows, decided, strict=True)
        ]
    return [_refused(edge, one) if isinstance(one, REFUSED) else _written(one) for one in decided]


async def decide_rows(
    edge: Desk, bulk: Bulk, call: Call, rows: Sequence[Any], *, fresh: bool = False
) -> list[Decided | Refused]:
    """What each row would change, in a Tx of its own that shares what was read; or its refusal.
    `fresh` as in a Tx."""
    gate = asyncio.Semaphore(_AT_ONCE)
    sent = [row.data for row in rows]
    known = await _known(edge, bulk, sent)
    memo: Memo = await bulk.prepare(edge.reading, sent) if bulk.prepare else {}

    async def decide(row: Any) -> Decided | Refused:
        async with gate:
            tx = edge.executor.open(call)
            tx.memo, tx.fresh = memo, fresh
            try:
                return await _decide(edge, bulk, tx, row, known)
            except REFUSED as error:
                return error

    return list(await asyncio.gather(*(decide(row) for row in rows)))


async def _joint(edge: EdgeContext, call: Call, accepted: list[Decided]) -> bool:
    """Write all rows in one statement; False where one of them stands in another's way."""
    tx = edge.executor.open(call)
    if not join(tx, [one.tx for one in accepted]):
        return False
    try:
        await edge.executor.commit(tx)
    except CrmError:
        return False
    except asyncpg.PostgresError as error:
        if is_away(error):
            return False
        raise
    return True


async def _single(edge: EdgeContext, bulk: Bulk, call: Call, row: Any) -> Decided | Refused:
    """One row for itself: run again where a version moves, as any command is."""
    decided: list[Decided] = []

    async def redo(tx: Tx) -> Record:
        known = await _known(edge, bulk, [row.data])
        decided[:] = [await _decide(edge, bulk, tx, row, known)]
        return decided[0].row

    try:
        await edge.executor.write(call, redo)
    except REFUSED as error:
        return error
    return decided[0]


async def _decide(edge: Desk, bulk: Bulk, tx: Tx, row: Any, known: Mapping[Any, Record]) -> Decided:
    if row.occurred_at is not None:
        tx.date(business_instant(edge.actor, row.occurred_at))
    command, schema = bulk.create
    new = _checked(schema, row.data)
    there = known.get(_external(row.data))
    if there is not None:
        said = dict(row.data)
        for step in row.then:
            said |= step.data
        return await _update(tx, bulk, there, said)
    made = await command(tx, new)
    for step in row.then:
        made = await _step(tx, edge, bulk, made.id, step)
    return Decided(tx, "created", made)


async def _update(tx: Tx, bulk: Bulk, known: Record, data: Mapping[str, Any]) -> Decided:
    if bulk.update is None:
        return Decided(tx, "unchanged", known)
    command, schema = bulk.update
    fields = {name: value for name, value in data.items() if name in schema.model_fields}
    changed = await command(tx, known.id, _checked(schema, fields))
    return Decided(tx, "updated" if tx.changes else "unchanged", changed)


async def _step(tx: Tx, edge: Desk, bulk: Bulk, row_id: UUID, step: Step) -> Any:
    if step.action not in bulk.actions:
        known = ", ".join(bulk.actions)
        raise Invalid(f"no such action; there are: {known}", code="batch.unknown_action")
    if step.occurred_at is not None:
        tx.date(business_instant(edge.actor, step.occurred_at))
    command, schema = bulk.actions[step.action]
    if schema is None:
        return await command(tx, row_id)
    return await command(tx, row_id, _checked(schema, step.data))


async def _known(edge: Desk, bulk: Bulk, sent: list[Mapping[str, Any]]) -> Mapping[Any, Record]:
    """The records that rows of somebody else's system have become already, by their ids there."""
    cls = answered_by(bulk.create[0])
    keys = [key for key in map(_external, sent) if key is not None]
    if not keys or "external_id" not in plan(cls).columns:
        return {}
    sql = f"{plan(cls).select} where {_BY_EXTERNAL}"
    found = await edge.reading.fetch(
        sql, edge.reading.tenant_id, *map(list, zip(*keys, strict=True))
    )
    return {(each["external_system"], each["external_id"]): row(cls, each) for each in found}


def _external(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """The record's id in its own system, where the row names one that can be one."""
    system, name = data.get("external_system"), data.get("external_id")
    if isinstance(system, str) and isinstance(name, str) and "\0" not in system + name:
        return system, name.strip()
    return None


def _checked(schema: type[Strict], data: Mapping[str, Any]) -> Any:
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


def _written(one: Decided) -> dict[str, Any]:
    status = 201 if one.outcome == "created" else 200
    return {"status": status, "outcome": one.outcome, "id": one.row.id, "version": one.row.version}


def _refused(edge: EdgeContext, error: Refused) -> dict[str, Any]:
    status, _, body = render(error, trace_of(edge.request.scope))
    return {"status": status, "outcome": "refused", "problem": msgspec.Raw(body)}


_UNWRITTEN = {"status": 424, "outcome": "unwritten"}
