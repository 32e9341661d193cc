"""Of requests that come at once few begin, and those end; others wait, or are refused in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from crmkit.db import pool
from crmkit.db.pool import Database
from crmkit.db.visits import Visit, rest
from crmkit.kernel import ids
from crmkit.kernel.errors import Unavailable
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from crmkit.web.gate import _Exchange
from tests.leads.lead.test_imports import CSV, DEFAULTS, people
from tests.leads.lead.test_imports import PATH as IMPORTS

_SIZE, _PLACES = 2, 4
_LOANS = 3
_MANY = 40
"""Requests at once: more than an API has places for."""


@pytest.fixture
async def database(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    await house.executor("leads")
    dsn = house.settings("leads").dsn("leads", "app")
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)
    opened = await Database.open(dsn, size=_SIZE, name="visits")
    yield opened
    assert free(opened) == _PLACES
    await opened.close()


async def of_the_api(house: House) -> Database:
    """The one that whoever asks the API is at work with; commands of tests have another."""
    gate = await house.api("leads")
    found: Database = gate._app._owners["leads"].state.executor.database
    return found


def free(database: Database) -> int:
    return database.places._value


async def look(database: Database) -> None:
    async with database.system() as connection:
        await connection.fetchval("select 1")


async def most_at_work(database: Database, visit: Any) -> int:
    """Twenty come at once, each for several loans: how many have begun, and not ended, at most."""
    begun, most = 0, 0

    async def come() -> None:
        nonlocal begun, most
        with visit():
            await look(database)
            begun += 1
            most = max(most, begun)
            for _ in range(_LOANS):
                await look(database)
            begun -= 1

    await asyncio.gather(*(come() for _ in range(20)))
    return most


async def test_few_begin_so_that_they_end(database: Database) -> None:
    assert await most_at_work(database, Visit) <= _PLACES


async def test_without_visits_all_begin(database: Database) -> None:
    """The negative control."""
    assert await most_at_work(database, nullcontext) > _PLACES


async def test_of_what_lasts_fewer_are_at_work_and_requests_do_not_wait_for_them(
    database: Database,
) -> None:
    async with database.places_of_streams:
        assert await most_at_work(database, Visit) <= _PLACES
    visits = await fill(database)
    assert await most_at_work(database, partial(Visit, lasts=True)) == 1
    for visit in visits:
        visit.end()


async def fill(database: Database) -> list[Visit]:
    visits = [Visit() for _ in range(free(database))]
    for visit in visits:
        await visit.enter(database.places, 0)
    return visits


async def test_who_finds_no_place_is_refused_and_who_comes_after_is_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = await fill(database)
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 0.05)
    with Visit(), pytest.raises(Unavailable):
        await look(database)
    await look(database)  # a worker's turn is no visit
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)
    with Visit():
        waiting = asyncio.create_task(look(database))
        await asyncio.sleep(0)
        visits.pop().end()
        await waiting
    for visit in visits:
        visit.end()


async def test_loans_of_one_visit_do_not_wait_for_each_other(database: Database) -> None:
    with Visit():
        await asyncio.gather(*(look(database) for _ in range(3 * _PLACES)))
        assert free(database) == _PLACES - 1


async def test_who_waits_for_somebody_else_keeps_no_place(database: Database) -> None:
    with Visit():
        for _ in range(2):
            await look(database)
            assert free(database) == _PLACES - 1
            rest()
            assert free(database) == _PLACES


async def test_what_outlives_its_visit_keeps_no_place(database: Database) -> None:
    visits = await fill(database)
    with Visit():
        late = asyncio.create_task(look(database))
        await asyncio.sleep(0)
    with Visit() as over:
        over.end()
        await look(database)  # though there is no place
    for visit in visits:
        visit.end()
    await late
    assert free(database) == _PLACES


async def test_requests_that_are_cut_leave_their_places(login: Login, house: House) -> None:
    admin = await login("leads", "admin")
    body = {"company": "Acme", "source": "web"}
    assert (await admin.post("/v1/leads", json=body)).is_success
    async with (await house.system("leads")).transaction() as connection:
        await connection.execute("lock table lead in exclusive mode")
        asked = [asyncio.create_task(admin.post("/v1/leads", json=body)) for _ in range(_MANY)]

        async def stuck() -> bool:
            return bool(
                await connection.fetchval("select count(*) from pg_locks where not granted")
            )

        try:
            await until(stuck)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
    answers = await asyncio.gather(*(admin.get("/v1/leads?limit=1") for _ in range(_MANY)))
    assert {answer.status_code for answer in answers} == {200}


async def test_what_lasts_or_may_not_wait_needs_no_place(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    visits = await fill(await of_the_api(house))
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 0.05)
    try:
        assert (await admin.get("/v1/leads")).status_code == 503
        monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 60)
        failing = (await admin.get("/readyz")).json().get("failing", [])
        assert "leads" not in failing
        said = {"defaults": DEFAULTS}
        brought = await admin.post(IMPORTS, content=people(1), params=said, headers=CSV)
        assert brought.status_code == 201
    finally:
        for visit in visits:
            visit.end()


async def test_who_waits_for_another_service_keeps_nobody_waiting(
    house: House, login: Login
) -> None:
    admin = await login("leads", "admin")
    *visits, last = await fill(await of_the_api(house))
    unknown = f"/v1/leads/{ids.new()}"
    waiting = asyncio.create_task(admin.get(unknown, headers={"prefer": "wait=10"}))
    try:
        last.end()
        for _ in range(3):
            assert (await admin.get("/v1/leads")).status_code == 200
        assert not waiting.done()
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        for visit in visits:
            visit.end()


async def test_who_reads_slowly_keeps_no_place(database: Database) -> None:
    async def send(message: Any) -> None:
        """Nobody reads."""

    scope = {"type": "http", "path": "/v1/leads", "headers": []}
    exchange = _Exchange(scope, lambda: asyncio.sleep(0), send, guarded=True)  # type: ignore[arg-type,return-value]  # nothing is received
    with Visit() as exchange.visit:
        await look(database)
        assert free(database) == _PLACES - 1
        await exchange.outgoing({"type": "http.response.start", "status": 200, "headers": []})
        assert free(database) == _PLACES
