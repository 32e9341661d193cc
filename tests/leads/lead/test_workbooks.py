"""导出 large workbooks: beside the loop, under a lease that is renewed, whole or not at all."""

import asyncio
import csv
import io
import tempfile
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from crmkit.components.jobs import pieces, subject
from crmkit.components.jobs.exporter import export_some
from crmkit.components.jobs.models import Job
from crmkit.components.jobs.subject import Bench, Lost
from crmkit.components.jobs.workbook import Workbook, write_workbook
from crmkit.db.rows import plan, row
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.lead.commands import JOBS
from services.leads.lead.models import LeadJob
from tests.leads.lead.test_imports import brought, people, worked
from tests.leads.samples import made

PATH = "/v1/leads/exports"
WANTED = {"columns": ["company"], "format": "xlsx"}
OWNERS = "select distinct job_id from lead_job_part where tenant_id = $1 and kind = 'file'"
PATIENCE = 20


class Held(xlsxwriter.Workbook):  # type: ignore[misc]  # the library has no types
    """A large book: its end takes as long as the test lets it."""

    closing: ClassVar[threading.Event]
    released: ClassVar[threading.Event]

    def close(self) -> None:
        Held.closing.set()
        assert Held.released.wait(PATIENCE), "nobody could let go of the book"
        super().close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Held]]:
    Held.closing, Held.released = threading.Event(), threading.Event()
    monkeypatch.setattr(xlsxwriter, "Workbook", Held)
    monkeypatch.setattr(subject, "RENEWED", timedelta(milliseconds=20))
    yield Held
    Held.released.set()


async def closing() -> bool:
    return Held.closing.is_set()


async def lease_of(house: House, job: dict[str, Any]) -> datetime:
    async with (await house.system("leads")).system() as connection:
        held: datetime = await connection.fetchval(
            "select lease_until from lead_job where id = $1", UUID(job["id"])
        )
    return held


async def owners(house: House, caller: Caller) -> set[str]:
    """Which jobs have a file, and which attempts have left one."""
    async with (await house.system("leads")).system() as connection:
        found = await connection.fetch(OWNERS, caller.actor.tenant_id)
    return {str(each["job_id"]) for each in found}


async def companies(caller: Caller, job: dict[str, Any]) -> list[str]:
    answer = await caller.get(f"{PATH}/{job['id']}/file")
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    head, *rows = book.get_sheet_by_index(0).to_python()
    assert head == ["company"]
    return sorted(str(row[0]) for row in rows)


async def paged(caller: Caller, job: dict[str, Any]) -> tuple[Bench, Job]:
    """A worker's bench, and the export when its pages are there and its book is not."""
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        read = f"{plan(LeadJob).select} where id = $1"
        found: Job = row(LeadJob, await connection.fetchrow(read, UUID(job["id"])))
    bench = Bench.of(JOBS, caller.executor, found)
    while found.mark != "":
        found = await export_some(bench, found)
    return bench, found


async def test_two_workers_at_one_export_never_mix_their_parts(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 256)
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(120))
    job = await made(seller, PATH, WANTED)
    bench, found = await paged(seller, job)
    await asyncio.gather(*(write_workbook(bench, found) for _ in range(3)))
    ended = await export_some(bench, found)
    assert await companies(seller, job) == sorted(f"第{n}公司" for n in range(1, 121))
    assert (ended.state, await owners(house, seller)) == ("done", {job["id"]})


async def test_a_worker_that_comes_late_leaves_the_file_as_it_is(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(3))
    job = await made(seller, PATH, WANTED)
    bench, found = await paged(seller, job)
    await export_some(bench, found)
    before = (await seller.get(f"{PATH}/{job['id']}/file")).content
    with pytest.raises(Lost):
        await write_workbook(bench, found)
    assert (await seller.get(f"{PATH}/{job['id']}/file")).content == before
    assert await owners(house, seller) == {job["id"]}


async def test_the_loop_keeps_turning_and_the_lease_is_renewed_while_a_book_is_written(
    house: House, login: Login, held: type[Held]
) -> None:
    """On the loop the book would wait for the renewal, and the renewal for the book."""
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(3))
    job = await made(seller, PATH, WANTED)

    async def look() -> None:
        await until(closing, PATIENCE)
        first = await lease_of(house, job)

        async def renewed() -> bool:
            return await lease_of(house, job) > first

        await until(renewed, PATIENCE)
        held.released.set()

    done, _ = await asyncio.gather(worked(house, seller, job), look())
    assert (done["state"], len(await companies(seller, job))) == ("done", 3)


async def test_a_cancelled_export_leaves_no_book(
    house: House, login: Login, held: type[Held]
) -> None:
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(3))
    job = await made(seller, PATH, WANTED)

    async def cancel() -> None:
        await until(closing, PATIENCE)
        answer = await seller.post(f"{PATH}/{job['id']}/cancel")
        assert answer.json()["state"] == "cancelled"
        held.released.set()

    shown, _ = await asyncio.gather(worked(house, seller, job), cancel())
    assert (shown["state"], shown["error"]) == ("cancelled", None)
    assert await owners(house, seller) == set()


def page(rows: int) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(
        [f"{n}-{column}".ljust(100, "x") for column in range(10)] for n in range(rows)
    )
    return out.getvalue().encode()


def test_a_book_is_written_in_the_memory_of_a_page(tmp_path: Path) -> None:
    """Thirty MB of rows, of which each page has one."""
    one = page(1000)
    tracemalloc.start()
    with Workbook(tmp_path) as book:
        for _ in range(30):
            book.add(one)
        file = book.closed()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8 * len(one)
        file.seek(0)
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        assert (sheet.height, sheet.width) == (30_000, 10)


def test_a_book_that_is_given_up_leaves_no_file_behind(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder, Workbook(Path(folder)) as book:
        book.add(page(10))
        assert list(tmp_path.rglob("*")) != [Path(folder)]
    assert list(tmp_path.iterdir()) == []
