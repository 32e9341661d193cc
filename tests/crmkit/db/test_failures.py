"""Which failures are the database's being away, and not the fault of what was asked."""

import asyncio

import asyncpg
import pytest

from crmkit.db.failures import has_to_wait, is_away
from crmkit.kernel.errors import Conflict, Unavailable
from crmkit.testing.house import House, until

_SLEEPS = "select true from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'"


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.CrashShutdownError("terminating connection because of crash"),
        asyncpg.TooManyConnectionsError("sorry, too many clients"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        ConnectionResetError(),
        TimeoutError(),
        Unavailable("no connection came free"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_database_that_is_away_says_is_waited_for(error: Exception) -> None:
    assert is_away(error)
    assert has_to_wait(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("twice"),
        asyncpg.DataError("out of range"),
        asyncpg.PostgresSyntaxError("near select"),
        Conflict("no"),
        ValueError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_was_asked_amiss_is_not(error: Exception) -> None:
    assert not is_away(error)
    assert not has_to_wait(error)


async def test_a_session_that_is_ended_in_the_middle_of_a_statement_is_away(house: House) -> None:
    database, begun = await house.system("leads"), asyncio.Event()
    sessions: list[int] = []

    async def sleep() -> None:
        async with database.system() as connection:
            sessions.append(connection.get_server_pid())
            begun.set()
            await connection.execute("select pg_sleep(60)")

    async def sleeps() -> bool:
        return bool(await witness.fetchval(_SLEEPS, sessions[0]))

    async with database.system() as witness:
        asleep = asyncio.create_task(sleep())
        await begun.wait()
        await until(sleeps, 10)
        await witness.execute("select pg_terminate_backend($1)", sessions[0])
        with pytest.raises(asyncpg.PostgresError) as told:
            await asleep
    assert is_away(told.value)
