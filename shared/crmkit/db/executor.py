"""Runs a command to its end: read, decide, write once, run again if a version moved."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import asyncpg

from crmkit.db.commit import assemble
from crmkit.db.pool import AWAY, Connection, Database
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.turns import Turns, goes_in_turn
from crmkit.db.writing import Tx
from crmkit.faults import point
from crmkit.kernel import clock
from crmkit.kernel.access import Policy, Scope
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Conflict, CrmError, Invalid, Stale, Unavailable

R = TypeVar("R", bound=Record | None)
T = TypeVar("T")
P = ParamSpec("P")
Command = Callable[Concatenate[Tx, P], Awaitable[R]]

_TRIES = 5
_UNLOCKED_TRIES = 2
_LOCKING = "locking"
_REPLAY = """
select fingerprint, answer from idempotency
where tenant_id = $1 and principal = $2 and route = $3 and key = $4
"""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What makes two requests the same one: who sent it, where to, under which key, saying what."""

    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Who runs a command, and what came with the request."""

    actor: Actor
    occurred_at: datetime | None = None
    expected: int | None = None
    idempotency: IdempotencyKey | None = None
    cause: UUID | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What the command answered, and whether an earlier request already had."""

    row: T
    replayed: bool


class Executor:
    """Writes for one service: its database as the app role, and its policy."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.database = database
        self.policy = policy
        self._turns = Turns()

    async def write(
        self, call: Call, command: Command[P, R], /, *args: P.args, **options: P.kwargs
    ) -> Outcome[R]:
        """Run the command and write what it changed, in one statement.

        The command's return annotation must be the class of its row. A refusal is looked up under
        the idempotency key first, so that the twin of a request that succeeded is never refused.
        A version that moved meanwhile means another run from the read, with row locks from the
        third try on; with `If-Match` it is Stale at once.
        """
        if not goes_in_turn(command):
            return await self._write(call, command, *args, **options)
        async with self._turns.turn((call.actor.tenant_id, call.actor.name, command)):
            return await self._write(call, command, *args, **options)

    async def _write(
        self, call: Call, command: Command[P, R], /, *args: P.args, **options: P.kwargs
    ) -> Outcome[R]:
        for attempt in range(_TRIES):
            try:
                changed = await self._try(call, command, attempt, *args, **options)
                point("command.after_commit")
                return Outcome(changed, False)
            except Stale as error:
                if call.expected is not None or attempt == _TRIES - 1:
                    return await self._unless_earlier(error, call, command)
            except CrmError as error:
                return await self._unless_earlier(error, call, command)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(random.uniform(0, 0.02 * 3**attempt))  # noqa: S311 - spreads tries, guards nothing
        raise Unavailable("too many writers at once", code="contended")

    async def _try(
        self, call: Call, command: Command[P, R], attempt: int, *args: P.args, **options: P.kwargs
    ) -> R:
        tx = self.open(call)
        tx.fresh = attempt > 0 or call.expected is not None
        if attempt < _UNLOCKED_TRIES and not is_locking(command):
            changed = await command(tx, *args, **options)
            async with self.database.lend(tx.tenant_id) as connection:
                await _write(connection, tx, _answer(tx, call, changed))
            return changed
        async with self.database.transaction(tx.tenant_id) as connection:
            tx.locked = connection
            changed = await command(tx, *args, **options)
            await _write(connection, tx, _answer(tx, call, changed))
        return changed

    def open(self, call: Call) -> Tx:
        """A Tx for the call; what it gathers is written by `commit`."""
        now = clock.now()
        return Tx(
            self.database,
            self.policy,
            call.actor,
            now,
            occurred_at=call.occurred_at or now,
            dated=call.occurred_at is not None,
            expected=call.expected,
            cause=call.cause,
            traceparent=call.traceparent,
        )

    async def commit(self, tx: Tx) -> None:
        """Write what a Tx gathered, all or nothing."""
        async with self.database.lend(tx.tenant_id) as connection:
            await _write(connection, tx, None)

    async def _unless_earlier(
        self, error: CrmError, call: Call, command: Command[..., R]
    ) -> Outcome[R]:
        """The error, unless there was an answer before; where there is no connection, none is
        waited for again."""
        earlier = None if error.code == AWAY else await self.earlier(call, command)
        if earlier is None:
            raise error
        return earlier

    async def earlier(self, call: Call, command: Command[..., R]) -> Outcome[R] | None:
        """What the first request under the same key was answered, if there was one.

        Whoever was told may be told again, though the record is somebody else's by now, be it by
        this very request; who may read none of its kind any more is told nothing.
        """
        key = call.idempotency
        if key is None:
            return None
        actor = call.actor
        async with self.database.lend(actor.tenant_id) as connection:
            found = await connection.fetchrow(
                _REPLAY, actor.tenant_id, actor.name, key.route, key.key
            )
        if found is None:
            return None
        if found["fingerprint"] != key.fingerprint:
            raise Invalid("this key was used with another body", code="idempotency.mismatch")
        cls = answered_by(command)
        if self.policy.scope(actor, plan(cls).table, "read") is Scope.NONE:
            return None
        answered: Any = row(cls, plan(cls).decode(found["answer"]))
        return Outcome(answered, True)


def locking(command: Command[P, R]) -> Command[P, R]:
    """Mark a command that decides on a list which others may add to without a version moving: it
    reads rows with locks from the first try on, and lists what belongs to them after that."""
    command.__dict__[_LOCKING] = True
    return command


def is_locking(command: Callable[..., Any]) -> bool:
    """Whether the command was marked by `locking`."""
    return _LOCKING in command.__dict__


@cache
def answered_by(command: Command[..., Any]) -> type[Record]:
    """The table of the row a command returns, by its annotation."""
    answered: type[Record] = get_type_hints(command)["return"]
    return answered


def _answer(tx: Tx, call: Call, changed: Record | None) -> tuple[Any, ...] | None:
    """The idempotency row: what the same key is answered from now on."""
    key = call.idempotency
    if key is None or changed is None:
        return None
    encoded = plan(type(changed)).encode(changed)
    return (tx.tenant_id, tx.actor.name, key.route, key.key, key.fingerprint, encoded)


async def _write(connection: Connection, tx: Tx, answer: tuple[Any, ...] | None) -> None:
    if not tx.changes and answer is None:
        return
    sql, arguments = assemble(tx, answer)
    point("command.before_commit")
    try:
        await connection.fetchrow(sql, *arguments)
    except asyncpg.UniqueViolationError as error:
        raise _taken(error, tx.contested) from error
    except asyncpg.ExclusionViolationError as error:  # one of several, such as a primary contact
        raise Stale("the place was taken meanwhile") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise Invalid(
            f"unknown reference: {error.constraint_name}", code="reference.unknown"
        ) from error
    except asyncpg.PostgresError as error:
        if error.sqlstate == "DS412":
            raise Stale("the record changed meanwhile") from error
        raise


def _taken(error: asyncpg.UniqueViolationError, contested: Collection[str]) -> CrmError:
    """A place that the command chose and another took first is looked for again."""
    table = error.table_name or "record"
    if error.constraint_name in {f"{table}_position_key", *contested}:
        return Stale("the place was taken meanwhile")
    article = "an" if table[0] in "aeiou" else "a"
    return Conflict(
        f"such {article} {table.replace('_', ' ')} exists already",
        code=f"{table}.exists",
        extra={"rule": error.constraint_name},
    )
