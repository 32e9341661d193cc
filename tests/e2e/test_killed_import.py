"""A worker that imports is killed with SIGKILL; what it had come to stays, and it comes once."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import until
from tests.e2e.fleet import Fleet, Person, kill, running_fleet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROWS = 8_000
KNOWN, BEFORE, REFUSED = 10, 1005, 100
"""Every KNOWNth row names the record that the row BEFORE it made, every REFUSEDth is no lead."""
KILLED_AT = (1500, 4500)
PATIENCE = 240
COUNTS = """
select count(*) as rows, count(distinct external_id) as ids, count(distinct company) as names,
  sum(version - 1) as changes, count(*) filter (where need = 'again') as changed
from lead where tenant_id = $1
"""
LEASE_IS_OVER = "update lead_job set lease_until = now()"
"""As it would be half a minute later."""

EVENTS = """
select type, count(*) as told, count(distinct aggregate_id) as records
from event where tenant_id = $1 and aggregate = 'lead' group by type order by type
"""


def rows() -> bytes:
    """Each with a number of its own, but for those that come back to an earlier one."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["nr", "company", "source", "need"])
    for n in range(1, ROWS + 1):
        again = n % KNOWN == 0 and n > BEFORE
        nr = n - BEFORE if again else n
        source = "no code!" if n % REFUSED == 1 else "file"
        lines.writerow([nr, f"第{nr}公司", source, "again" if again else "first"])
    return out.getvalue().encode()


UPDATED = (ROWS - BEFORE + KNOWN // 2) // KNOWN
TURNED_DOWN = ROWS // REFUSED
CREATED = ROWS - UPDATED - TURNED_DOWN


async def killed_at(fleet: Fleet, seller: Person, path: str, done: int) -> int:
    """How far the import was when its worker was killed, which has been started again."""

    async def reached() -> bool:
        shown = await seller.ask("leads", "GET", path)
        assert shown["state"] in {"waiting", "running"}, shown
        return int(shown["done"]) >= done

    await until(reached, PATIENCE)
    worker = fleet.workers["leads"]
    kill(worker.pid)
    await worker.wait()
    left: int = (await seller.ask("leads", "GET", path))["done"]
    async with fleet.database("leads") as connection:
        await connection.execute(LEASE_IS_OVER)
    await worker.start()
    return left


async def ended(seller: Person, path: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}

    async def done() -> bool:
        nonlocal shown
        shown = await seller.ask("leads", "GET", path)
        return shown["state"] not in {"waiting", "running"}

    await until(done, PATIENCE)
    return shown


async def test_an_import_whose_worker_is_killed_twice_writes_each_row_once() -> None:
    async with running_fleet("leads") as fleet:
        tenant = ids.new()
        seller = fleet.person(tenant, "sales_rep")
        job = await seller.ask(
            "leads",
            "POST",
            "/v1/leads/imports",
            content=rows(),
            params={"key": "nr"},
            headers={"content-type": "text/csv"},
        )
        path = f"/v1/leads/imports/{job['id']}"
        left = [await killed_at(fleet, seller, path, done) for done in KILLED_AT]
        assert all(at <= stood < ROWS for at, stood in zip(KILLED_AT, left, strict=True))
        shown = await ended(seller, path)
        assert (shown["state"], shown["done"], shown["total"]) == ("done", ROWS, ROWS)
        counts = (shown["created"], shown["updated"], shown["refused"])
        assert counts == (CREATED, UPDATED, TURNED_DOWN)
        await check_rows(fleet, tenant)
        await fleet.settle(fleet.person(tenant, "admin"))
        assert await fleet.parked() == []
        await check_errors(seller, path)


async def check_rows(fleet: Fleet, tenant: UUID) -> None:
    """Each row is there once, and each change was told once."""
    async with fleet.database("leads") as connection:
        (found,) = await connection.fetch(COUNTS, tenant)
        told = {each["type"]: tuple(each)[1:] for each in await connection.fetch(EVENTS, tenant)}
    assert dict(found) == {
        "rows": CREATED,
        "ids": CREATED,
        "names": CREATED,
        "changes": UPDATED,
        "changed": UPDATED,
    }
    assert told == {
        "lead.created.v1": (CREATED, CREATED),
        "lead.updated.v1": (UPDATED, UPDATED),
    }


async def check_errors(seller: Person, path: str) -> None:
    """Every refused row is told once, by its number in the file."""
    answer = await seller.clients["leads"].get(f"{path}/errors")
    _, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert [int(line[0]) for line in lines] == list(range(2, ROWS + 2, REFUSED))
