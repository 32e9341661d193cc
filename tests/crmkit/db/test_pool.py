"""Connections rest between two loans, and nobody has to wait for one that rests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.db import pool
from crmkit.db.pool import Database
from crmkit.kernel import ids
from crmkit.kernel.errors import Unavailable
from crmkit.testing.house import House

_SIZE = 2
_BACKEND = "select pg_backend_pid()"
_BOUND = "select current_setting('app.tenant_id', true)"


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    await house.executor("leads")
    dsn = house.settings("leads").dsn("leads", "app")
    opened = await Database.open(dsn, size=_SIZE, name="loans")
    yield opened
    await opened.close()


async def _backend(database: Database, tenant: UUID) -> int:
    async with database.lend(tenant) as connection:
        assert await connection.fetchval(_BOUND) == str(tenant)
        found: int = await connection.fetchval(_BACKEND)
        return found


async def test_a_connection_is_lent_again_and_bound_to_each_tenant(database: Database) -> None:
    backends = {await _backend(database, ids.new()) for _ in range(5)}
    assert len(backends) == 1
    assert database.pool.get_idle_size() == 0


async def test_more_callers_than_connections_are_all_served(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)

    async def work() -> None:
        for _ in range(20):
            await _backend(database, ids.new())

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(8 * _SIZE)))


async def test_whoever_waits_is_given_what_comes_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)
    first = await database.borrow()
    async with database.system():
        waiting = asyncio.create_task(_backend(database, ids.new()))
        await asyncio.sleep(0)
        backend = await first.fetchval(_BACKEND)
        assert not waiting.done()
        await database.give_back(first, sound=True)
        assert await waiting == backend


async def test_who_comes_later_is_served_later(database: Database) -> None:
    served: list[int] = []

    async def ask(number: int) -> None:
        connection = await database.borrow()
        served.append(number)
        await database.give_back(connection, sound=number != 1)  # then another is made

    held = [await database.borrow() for _ in range(_SIZE)]
    waiting = [asyncio.create_task(ask(number)) for number in range(4)]
    await asyncio.sleep(0)
    for connection in held:
        await database.give_back(connection, sound=True)
    await ask(4)
    await asyncio.gather(*waiting)
    assert served == [0, 1, 2, 3, 4]


async def test_what_was_cut_on_its_way_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)
    held: list[Any] = [await database.borrow() for _ in range(_SIZE)]
    waiting = [asyncio.create_task(_backend(database, ids.new())) for _ in range(2 * _SIZE)]
    await asyncio.sleep(0)
    cut = {await connection.fetchval(_BACKEND) for connection in held}
    for connection in held:
        await database.give_back(connection, sound=True)
        connection.terminate()
    assert cut.isdisjoint(await asyncio.gather(*waiting))


@pytest.mark.parametrize("sound", [True, False])
async def test_what_was_handed_to_somebody_who_has_left_is_passed_on(
    database: Database, sound: bool
) -> None:
    async with database.system():
        held = await database.borrow()
        leaving = asyncio.create_task(database.borrow())
        await asyncio.sleep(0)
        await database.give_back(held, sound=sound)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await _backend(database, ids.new())


async def test_where_all_are_lent_a_caller_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.system(), database.system():
        monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 0.05)
        with pytest.raises(Unavailable):
            await database.borrow()


async def test_who_cannot_connect_keeps_nobody_waiting() -> None:
    nowhere = await Database.open("postgresql://app@127.0.0.1:1/crm", size=1, name="nowhere")
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            await nowhere.borrow()
        assert not isinstance(refusal.value.__cause__, TimeoutError)
    await nowhere.close()


@pytest.mark.parametrize("is_lent", [True, False])
async def test_a_connection_that_was_cut_is_not_lent_again(
    database: Database, is_lent: bool
) -> None:
    connection: Any = await database.borrow()
    cut = await connection.fetchval(_BACKEND)
    if not is_lent:
        await database.give_back(connection, sound=True)
    connection.terminate()
    if is_lent:
        await database.give_back(connection, sound=True)
    assert await _backend(database, ids.new()) != cut


async def test_a_connection_that_rested_too_long_is_not_lent(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await _backend(database, ids.new())
    monkeypatch.setattr(pool, "_LONGEST_REST", 0.0)
    assert await _backend(database, ids.new()) != before


async def test_a_loan_that_ended_badly_goes_back_to_the_pool(database: Database) -> None:
    with pytest.raises(asyncpg.PostgresError):
        async with database.system() as connection:
            await connection.fetchval("select 1 / 0")
    assert database.pool.get_idle_size() == 1


async def test_the_pool_looks_after_a_connection_now_and_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_MOST_LOANS", 3)
    idle = []
    for _ in range(6):
        await _backend(database, ids.new())
        idle.append(database.pool.get_idle_size())
    assert idle == [0, 0, 1, 0, 0, 1]


async def test_what_a_burst_has_left_is_closed_where_nobody_needs_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.system(), database.system():
        pass
    assert database.pool.get_size() == _SIZE
    async with database.system():
        monkeypatch.setattr(pool, "_LONGEST_REST", 0.0)
    assert database.pool.get_size() == 1


async def test_a_transaction_whose_end_was_not_heard_of_ends_with_its_session(
    database: Database,
) -> None:
    told: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context))
    try:
        with contextlib.suppress(TimeoutError):
            async with database.lend(ids.new()) as connection:
                await connection.execute("begin")
                left = await connection.fetchval(_BACKEND)
                raise TimeoutError
    finally:
        loop.set_exception_handler(None)
    assert told == []
    assert database.pool.get_size() == 0
    assert await _backend(database, ids.new()) != left
