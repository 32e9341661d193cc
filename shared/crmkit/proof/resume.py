"""Have a service that was put back to an older state go on, without giving any place twice.

What was told and is lost gets its positions given up, so that new events are told under new ones.
The log, which still holds what was lost, is emptied; the relay fills it again from the ledger.
Listeners then make anew what they keep (`crm replay`), for a version that was lost hides new ones.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from crmkit.db.pool import Connection, Database
from crmkit.events.envelope import Wire
from crmkit.kernel import clock
from crmkit.messaging.ending import whole
from crmkit.messaging.ledger import LAST
from crmkit.messaging.memory import remembers, unknown_events
from crmkit.proof.export import private
from crmkit.proof.snapshots import connected
from crmkit.service import Service, services

_LOCK = "select pg_try_advisory_lock(hashtext('crm.relay'))"
_HEARD = "select coalesce(max(position), 0) from watermark where producer = $1"
_KEPT = f"select {LAST} as kept, replay_due from relay"
_STILL = "select 1"
_LOST = """
insert into ledger_lost (event_id, tenant_id) select * from unnest($1::uuid[], $2::uuid[])
on conflict do nothing
"""
_GIVE_UP = """
insert into ledger_resumed (first, last, resumed_at)
select (select coalesce(max(position), 0) + 1 from ledger), $1, $2
on conflict (first) do update set last = excluded.last, resumed_at = excluded.resumed_at
"""
_TELL_AGAIN = """
with gone as (delete from published) update relay set position = 0, replay_due = $1
"""
_REMEMBERED = "update relay set forgotten = null"
_REPLAYED = "update relay set replay_due = null where replay_due = $1"
ALONE_WITHIN, _EMPTY_WITHIN = 15.0, 60.0
_POLL_SECONDS = 0.2
_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Resumed:
    """`kept` is the last position of the ledger, `told` the last one that others know; `lost` says
    how many events the log held that the ledger does not. Listeners owe a replay since
    `replay_due`, be it from an earlier resumption that broke off; None where nothing is to do."""

    kept: int
    told: int
    lost: int
    replay_due: datetime | None

    @property
    def forgot(self) -> bool:
        return self.told > self.kept or self.lost > 0


class Resumption:
    """One service's; broken off anywhere, it can be begun again."""

    def __init__(self, service: Service, database: Database, connection: Connection) -> None:
        self._service = service
        self._settings = service.settings.load()
        self._database = database
        self._connection = connection

    async def run(self, out: Path) -> Resumed:
        heard = max([await _heard(each, self._service.name) for each in services()])
        reached, lost = await self._write_lost(out)
        kept, due = await _kept(self._connection)
        done = Resumed(kept, max(kept, heard, reached), lost, due)
        if done.forgot:
            done = replace(done, replay_due=clock.now())
            async with self._connection.transaction():
                if done.told > kept:
                    await self._connection.execute(_GIVE_UP, done.told, done.replay_due)
                await self._connection.execute(_TELL_AGAIN, done.replay_due)
            await self._empty_log()
        await self._connection.execute(_REMEMBERED)
        return done

    async def _write_lost(self, out: Path) -> tuple[int, int]:
        """The last position that the log alone has, and how many events; `out` is there if any."""
        reached = count = 0
        with ExitStack() as opened:
            file = None
            async for events in self._unknown():
                file = file or opened.enter_context(_new(out))
                file.writelines(f"{_encode(event).decode()}\n" for event in events)
                whose = [event.tenantid for event in events]
                await self._connection.execute(_LOST, [event.id for event in events], whose)
                reached = max(reached, *(event.position for event in events))
                count += len(events)
        return reached, count

    async def _empty_log(self) -> None:
        """Topics, not records: the embedded broker cannot drop those."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka, request_timeout_ms=5000)
        try:
            await whole(admin.start())
            there = self._service.topics & set(await admin.list_topics())
            await admin.delete_topics(sorted(there))
        finally:
            await admin.close()
        if not await _until(self._log_knows_no_more, _EMPTY_WITHIN):
            raise LookupError(
                f"the log of {self._service.name} still holds what was lost: resume again,"
                f" or delete its topics ({', '.join(sorted(there))}) first"
            )

    async def _log_knows_no_more(self) -> bool:
        try:
            async with aclosing(self._unknown()) as pages:
                async for _ in pages:
                    return False
        except KafkaError:  # a topic that is about to go
            return False
        return True

    def _unknown(self) -> AsyncGenerator[list[Wire], None]:
        service = self._service
        return unknown_events(
            service.name, self._database, self._settings, service.topics, self._alive
        )

    async def _alive(self) -> None:
        await self._connection.execute(_STILL)


async def resume(service: Service, out: Path) -> Resumed:
    """Give up the positions that were told and are lost; nothing is done where none is.

    Replays that it says are due are the caller's, who notes them (`note_replayed`) when done. The
    lost events, as far as the broker still has them, are written to `out`, which must be
    new then.
    LookupError where a relay is at work, where the broker is away, and where the log could not be
    emptied.
    """
    dsn = service.settings.load().dsn(service.name, "system")
    database = await Database.open(dsn, size=1, name=f"{service.name}.resume")
    try:
        async with connected(service) as connection:
            if await _no_relay(connection):
                return await Resumption(service, database, connection).run(out)
            return await _remembered(service, connection)
    except KafkaError as error:
        raise LookupError(f"the broker cannot be asked: {error!r}") from error
    finally:
        await database.close()


async def note_replayed(service: Service, done: Resumed) -> None:
    """All listeners have made anew what they keep; another resumption's replays stay due."""
    async with connected(service) as connection:
        await connection.execute(_REPLAYED, done.replay_due)


async def _no_relay(connection: Connection) -> bool:
    """Whether the lock that every relay needs is ours; it ends with the connection."""

    async def mine() -> bool:
        return bool(await connection.fetchval(_LOCK))

    return await _until(mine, ALONE_WITHIN)


async def _remembered(service: Service, connection: Connection) -> Resumed:
    """A relay at work finds nothing forgotten, but replays may be due all the same."""
    kept, due = await _kept(connection)
    if due is None or not await remembers(connection):
        raise LookupError(
            f"a relay of {service.name} is at work, so it finds nothing forgotten;"
            " stop the service's workers to look all the same"
        )
    return Resumed(kept, kept, 0, due)


async def _kept(connection: Connection) -> tuple[int, datetime | None]:
    """The last position of the ledger, and since when listeners owe a replay."""
    (row,) = await connection.fetch(_KEPT)
    return row["kept"], row["replay_due"]


@contextmanager
def _new(out: Path) -> Iterator[TextIO]:
    """Is there whole or not at all, so that the same command can be given again."""
    with private(out, new=True) as file:
        try:
            yield file
        except BaseException:
            out.unlink()
            raise


async def _heard(listener: Service, owner: str) -> int:
    async with connected(listener) as connection:
        return int(await connection.fetchval(_HEARD, owner))


async def _until(done: Callable[[], Awaitable[bool]], within: float) -> bool:
    """By the clock: a cancellation may be swallowed where a client's answer has just come."""
    deadline = time.monotonic() + within
    while not await done():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
