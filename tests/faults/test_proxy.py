"""The proxy itself: what it says that it does, it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from crmkit.testing.house import House
from tests.faults.proxy import PostgresProxy

COMMIT = "select crm.must($1::bigint, 1::bigint)"
SECONDS = 0.5


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(house: House) -> AsyncIterator[PostgresProxy]:
    await house.executor("leads")
    proxy = PostgresProxy(lambda: house.postgres.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


async def connect(proxy: PostgresProxy) -> Any:
    return await asyncpg.connect(f"postgresql://crm_leads_owner@127.0.0.1:{proxy.port}/crm_leads")


async def test_it_passes_on_what_it_is_not_told_to_spoil(proxy: PostgresProxy) -> None:
    connection = await connect(proxy)
    assert await connection.fetchval("select repeat('x', 300000)") == "x" * 300_000
    assert await connection.fetchval(COMMIT, 1) is not None
    await connection.close()
    assert proxy.counts.connections == 1


async def test_a_reset_cuts_what_is_open_and_not_what_comes_after(proxy: PostgresProxy) -> None:
    connection = await connect(proxy)
    assert proxy.reset() == 1
    with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
        await connection.fetchval("select 1")
    after = await connect(proxy)
    assert await after.fetchval("select 1") == 1
    await after.close()


async def test_what_is_swallowed_never_comes(proxy: PostgresProxy) -> None:
    connection = await connect(proxy)
    proxy.swallows = True
    with pytest.raises(TimeoutError):
        await connection.fetchval("select 1", timeout=SECONDS)
    proxy.swallows = False
    proxy.reset()
    assert proxy.counts.swallowed > 0
    connection.terminate()


async def test_what_is_delayed_comes_in_its_order(proxy: PostgresProxy) -> None:
    proxy.delay_seconds = 0.01
    connection = await connect(proxy)
    assert await connection.fetchval("select repeat('x', 300000)") == "x" * 300_000
    proxy.delay_seconds = 0
    assert proxy.counts.delayed > 2
    await connection.close()


async def write(connection: Any, by: str) -> None:
    if by == "COMMIT":
        async with connection.transaction():
            await connection.execute("insert into kept values (1)")
    else:
        await connection.fetchval(f"with w as (insert into kept values (1)) {COMMIT}", 1)


@pytest.mark.parametrize("by", ["a statement that writes", "COMMIT"])
async def test_the_reply_to_a_commit_is_lost_and_the_commit_is_not(
    proxy: PostgresProxy, by: str
) -> None:
    connection, witness = await connect(proxy), await connect(proxy)
    await connection.execute("create temporary table here (n int)")
    await witness.execute("drop table if exists kept")
    await witness.execute("create table kept (n int)")
    proxy.loses = 1
    with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
        await write(connection, by)
    assert (proxy.loses, proxy.counts.lost_replies) == (0, 1)
    assert await witness.fetchval("select count(*) from kept") == 1
    await witness.execute("drop table kept")
    await witness.close()


async def test_the_reply_to_what_was_refused_is_not_lost(proxy: PostgresProxy) -> None:
    connection = await connect(proxy)
    proxy.loses = 1
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.fetchval(COMMIT, 7)
    assert refused.value.sqlstate == "DS412"
    assert await connection.fetchval("select 1") == 1
    assert proxy.loses == 1
    await connection.close()


async def test_whoever_is_away_is_a_connection_that_is_cut() -> None:
    proxy = PostgresProxy(lambda: 1)
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        with pytest.raises(ConnectionError):
            await reader.read()
    finally:
        writer.close()
        await proxy.stop()
