"""A service that tells is put back to an older state: it is found out, and goes on without it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import until
from tests.deploy.test_backup import counted, program, put_back
from tests.e2e.fleet import Fleet, Person, running_fleet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WAITING = "select count(*) from outbox"
END = "select max(position) from ledger"


@pytest_asyncio.fixture(loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    """Three services at work; `crm verify --all` reads the databases of the others, too."""
    async with running_fleet("leads", "reporting", "webhooks") as running:
        yield running


async def run(fleet: Fleet, *arguments: str | Path) -> tuple[int, str]:
    """The status of a command, and what it says."""
    return await fleet.forge.run("command", *map(str, arguments))


async def lead(admin: Person, company: str) -> str:
    new = {"company": company, "source": "web"}
    return str((await admin.ask("leads", "POST", "/v1/leads", json=new))["id"])


async def qualify(admin: Person, lead_id: str, intent: str) -> None:
    path = f"/v1/leads/{lead_id}/qualify"
    await admin.ask("leads", "POST", path, json={"intent": intent})


async def differences(fleet: Fleet, *arguments: str) -> list[dict[str, Any]]:
    status, said = await run(fleet, "verify", *arguments, "--format", "json")
    found = [each for check in json.loads(said)["checks"] for each in check["differences"]]
    assert status == bool(found), said
    return found


async def ask(fleet: Fleet, sql: str) -> int:
    async with fleet.database("leads") as connection:
        return int(await connection.fetchval(sql))


async def failing(fleet: Fleet) -> list[str]:
    """What the API of leads is not ready for."""
    async with fleet.anyone("leads") as client:
        answer = await client.get("/readyz")
    return [] if answer.is_success else list(answer.json()["failing"])


async def forget(fleet: Fleet, admin: Person, folder: Path) -> list[str]:
    """Six leads are kept, of which the first is qualified later; that and four more are lost."""
    kept = [await lead(admin, f"Kept {number}") for number in range(6)]
    await fleet.settle(admin)
    dump = folder / "leads.dump"
    source = fleet.postgres.admin_url("crm_leads")
    await asyncio.to_thread(program, fleet, "pg_dump", "-Fc", "-f", dump, source)
    await qualify(admin, kept[0], "a")
    for number in range(4):
        await lead(admin, f"Lost {number}")
    await fleet.settle(admin)
    assert await counted(admin) == 10
    await asyncio.gather(fleet.workers["leads"].stop(), fleet.apis["leads"].stop())
    await put_back(fleet, "leads", dump)
    await fleet.start_api("leads")
    await fleet.workers["leads"].start()
    return kept


async def test_an_owner_that_forgot_what_it_told_says_so_and_goes_on_when_it_is_resumed(
    fleet: Fleet, tmp_path: Path
) -> None:
    admin = fleet.person(ids.new(), "admin")
    kept = await forget(fleet, admin, tmp_path)

    async def found_out() -> bool:
        return await failing(fleet) == ["leads.ledger"]

    await until(found_out)
    end = await ask(fleet, END)
    await qualify(admin, kept[0], "b")
    await lead(admin, "New")
    marks = [d for d in await differences(fleet, "reporting") if d["table"] == "watermark"]
    assert marks
    assert {int(mark["kept"]) > end for mark in marks} == {True}
    assert (await ask(fleet, END), await ask(fleet, WAITING)) == (end, 2)
    assert await counted(admin) == 10

    lost = await resumed(fleet, tmp_path, end)
    await until(ready(fleet))
    await fleet.settle(admin)
    assert await counted(admin) == 7
    await lead(admin, "After")
    await fleet.settle(admin)
    assert await counted(admin) == 8
    assert await qualified(fleet) == [UUID(kept[0])]
    assert await fleet.parked() == []
    assert await differences(fleet, "--all") == []
    assert await known_lost(fleet) == lost  # partners were told of them, and the feed keeps them
    assert await ask(fleet, END) == end + 5 + 3
    status, said = await run(fleet, "ledger", "export", "leads", "--out", tmp_path / "export.jsonl")
    assert status == 0, said


def ready(fleet: Fleet) -> Any:
    async def nothing_fails() -> bool:
        return await failing(fleet) == []

    return nothing_fails


async def resumed(fleet: Fleet, folder: Path, end: int) -> set[UUID]:
    """Resume leads; the ids of the events that it says are lost."""
    file = folder / "lost.jsonl"
    status, said = await run(fleet, "ledger", "resume", "leads", "--lost", file)
    assert status == 0, said
    assert f"positions {end + 1} to {end + 5} are lost and given up" in said
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(event["type"] for event in events) == [
        *["lead.created.v1"] * 4,
        "lead.qualified.v1",
    ]
    return {UUID(event["id"]) for event in events}


async def known_lost(fleet: Fleet) -> set[UUID]:
    """What the feed has, and leads says that it lost."""
    async with fleet.database("leads") as connection:
        sql = "select event_id from ledger_lost where tenant_id is not null"
        lost = [row["event_id"] for row in await connection.fetch(sql)]
    async with fleet.database("webhooks") as connection:
        rows = await connection.fetch("select id from feed_event where id = any($1)", lost)
    return {row["id"] for row in rows}


async def qualified(fleet: Fleet) -> list[UUID]:
    """The leads that reporting knows to be qualified."""
    async with fleet.database("reporting") as connection:
        rows = await connection.fetch("select id from fact_lead where qualified_at is not null")
    return [row["id"] for row in rows]
