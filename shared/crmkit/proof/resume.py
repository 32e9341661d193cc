"""Have a service that was put back to an older state go on, without giving any place twice.

What was told and is lost gets its positions given up, so that new events are told under new ones.
The log, which still holds what was lost, is emptied; the relay fills it again from the ledger.
Listeners then make anew what they keep (`crm replay`), for a version that was lost hides new ones.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from crmkit.db.pool import Connection, Database
from crmkit.events.envelope import Wire
from crmkit.kernel import clock
from crmkit.messaging.memory import unknown_events
from crmkit.proof.export import private
from crmkit.proof.snapshots import connected
from crmkit.service import Service, services

_LOCK = "select pg_try_advisory_lock(hashtext('crm.relay'))"
_HEARD = "select coalesce(max(position), 0) from watermark where producer = $1"
_KEPT = """
select greatest((select max(position) from ledger), (select max(last) from ledger_resumed), 0)
"""
_GIVE_UP = """
insert into ledger_resumed (first, last, resumed_at)
select (select coalesce(max(position), 0) + 1 from ledger), $1, $2
on conflict (first) do update set last = excluded.last, resumed_at = excluded.resumed_at
"""
_TELL_AGAIN = "with gone as (delete from published) update relay set position = 0"
_REMEMBERED = "update relay set forgotten = null"
_ALONE_WITHIN, _EMPTY_WITHIN = 15.0, 60.0
_POLL_SECONDS = 0.2
_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Resumed:
    """`kept` is the last position of the ledger, `told` the last one that others know; `lost` says
    how many events the log held that the ledger does not."""

    kept: int
    told: int
    lost: int

    @property
    def needed(self) -> bool:
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
        kept = await self._connection.fetchval(_KEPT)
        done = Resumed(kept, max(kept, heard, reached), lost)
        if done.needed:
            async with self._connection.transaction():
                if done.told > kept:
                    await self._connection.execute(_GIVE_UP, done.told, clock.now())
                await self._connection.execute(_TELL_AGAIN)
            await self._empty_log()
        await self._connection.execute(_REMEMBERED)
        return done

    async def _write_lost(self, out: Path) -> tuple[int, int]:
        """The last position that the log alone has, and how many events; `out` is there if any."""
        reached = count = 0
        with private(out, new=True) as file:
            async for events in self._unknown():
                file.writelines(f"{_encode(event).decode()}\n" for event in events)
                reached = max(reached, *(event.position for event in events))
                count += len(events)
        if not count:
            await asyncio.to_thread(out.unlink)
        return reached, count

    async def _empty_log(self) -> None:
        """Topics, not records: the embedded broker cannot drop those."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka, request_timeout_ms=5000)
        try:
            await admin.start()
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
        return unknown_events(service.name, self._database, self._settings, service.topics)


async def resume(service: Service, out: Path) -> Resumed:
    """Give up the positions that were told and are lost; nothing is done where none is.

    The lost events, as far as the broker still has them, are written to `out`, which must be new.
    LookupError where a relay is at work, where the broker is away, and where the log could not be
    emptied.
    """
    dsn = service.settings.load().dsn(service.name, "system")
    database = await Database.open(dsn, size=1, name=f"{service.name}.resume")
    try:
        async with _no_relay(service) as connection:
            return await Resumption(service, database, connection).run(out)
    except KafkaError as error:
        raise LookupError(f"the broker cannot be asked: {error!r}") from error
    finally:
        await database.close()


@asynccontextmanager
async def _no_relay(service: Service) -> AsyncIterator[Connection]:
    """The lock that every relay needs; it ends with the connection."""
    async with connected(service) as connection:

        async def mine() -> bool:
            return bool(await connection.fetchval(_LOCK))

        if not await _until(mine, _ALONE_WITHIN):
            raise LookupError(
                f"a relay of {service.name} is at work, so it finds nothing forgotten;"
                " stop the service's workers to look all the same"
            )
        yield connection


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
