"""导出 lists become files: whole, in scope, masked, and harmless to open."""

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from crmkit.components.jobs import exporter
from crmkit.components.jobs.runner import JobRunner
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.commands import JOBS
from tests.leads.lead.killing import Cuts, survived
from tests.leads.lead.test_custom import define
from tests.leads.lead.test_imports import bring, brought, people, worked
from tests.leads.samples import a_lead, made, new_lead

PATH = "/v1/leads/exports"


async def exported(house: House, caller: Caller, **wanted: Any) -> dict[str, Any]:
    return await worked(house, caller, await made(caller, PATH, wanted))


async def rows_of(caller: Caller, job: dict[str, Any]) -> list[list[str]]:
    answer = await caller.get(f"{PATH}/{job['id']}/file")
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_an_export_holds_what_the_list_shows_its_owner(house: House, login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    for company in ("Acme", "Beta"):
        await new_lead(seller, company=company, budget={"amount": "5.00", "currency": "CNY"})
    await new_lead(other, company="Theirs")
    columns = ["company", "budget", "need"]
    job = await exported(house, seller, columns=columns, filter={"sort": "company"})
    assert (job["state"], job["total"], job["done"]) == ("done", 2, 2)
    assert await rows_of(seller, job) == [
        ["company", "budget.amount", "budget.currency", "need"],
        ["Acme", "5.00", "CNY", ""],
        ["Beta", "5.00", "CNY", ""],
    ]
    assert (await other.get(f"{PATH}/{job['id']}/file")).status_code == 404


async def test_an_export_is_filtered_as_the_list_is_and_knows_custom_fields(
    house: House, login: Login
) -> None:
    admin = await login("leads", "admin")
    await define(admin, "size", "number")
    await define(admin, "tier", "multi-choice")
    for size in ("5", "50"):
        await new_lead(admin, custom={"size": size, "tier": ["gold", "tin"]})
    job = await exported(house, admin, filter={"custom.size_gte": "10", "source": "web"})
    head, only = await rows_of(admin, job)
    row = dict(zip(head, only, strict=True))
    assert (row["custom.size"], row["custom.tier"], row["status"]) == ("50", "gold;tin", "new")


@pytest.mark.parametrize(
    "wanted",
    [
        {"columns": ["compny"]},
        {"filter": {"colour": "red"}},
        {"filter": {"custom.size": "1"}},
        {"format": "pdf"},
    ],
)
async def test_an_export_of_what_there_is_not_is_refused(login: Login, wanted: Any) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post(PATH, json=wanted)
    assert answer.status_code in {400, 422}
    assert (await seller.get(PATH)).json()["items"] == []


async def test_no_cell_is_taken_for_a_formula(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    dangerous = ["=HYPERLINK(0)", "+1+1", "-2+3", "@SUM(A1)"]
    for company in dangerous:
        await new_lead(seller, company=company)
    for kind in ("csv", "xlsx"):
        job = await exported(house, seller, columns=["company"], format=kind)
        if kind == "csv":
            cells: list[Any] = [row[0] for row in (await rows_of(seller, job))[1:]]
            assert sorted(cells) == sorted(f"'{each}" for each in dangerous)
            continue
        content = (await seller.get(f"{PATH}/{job['id']}/file")).content
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        cells = [row[0] for row in book.get_sheet_by_index(0).to_python()[1:]]
        assert sorted(cells) == sorted(dangerous)
        formulas = book.get_sheet_by_index(0)
        assert formulas.height == 5


async def test_a_workbook_of_several_pages_holds_every_row(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "PAGE", 7)
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(30))
    columns = ["company", "budget"]
    job = await exported(house, seller, columns=columns, format="xlsx")
    answer = await seller.get(f"{PATH}/{job['id']}/file")
    assert answer.headers["content-type"].startswith("application/vnd.openxml")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    head, *body = rows.to_python()
    assert head == ["company", "budget.amount", "budget.currency"]
    assert {row[0] for row in body} == {f"第{n}公司" for n in range(1, 31)}
    assert sum(float(str(row[1])) for row in body) == sum(n + 0.5 for n in range(1, 31))


async def test_a_killed_export_goes_on_without_loss_and_without_doubling(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "PAGE", 10)
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(95))
    job = await made(seller, PATH, {"columns": ["company"]})
    monkeypatch.setattr(seller.executor, "commit", Cuts(seller.executor, 3, 1))
    shown = await survived(house, seller, job)
    rows = await rows_of(seller, shown)
    assert len(rows) == 96
    assert {row[0] for row in rows[1:]} == {f"第{n}公司" for n in range(1, 96)}


async def test_a_role_taken_away_takes_the_file_away(house: House, login: Login) -> None:
    me = ids.new()
    director = await login("leads", "sales_director", member=me)
    await new_lead(director)
    job = await exported(house, director)
    assert (await director.get(f"{PATH}/{job['id']}/file")).status_code == 200
    seller = await login("leads", "sales_rep", member=me)
    answer = await seller.get(f"{PATH}/{job['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (403, "job.rights_changed")


async def test_who_has_moved_to_another_team_does_not_get_the_file_of_the_old_one(
    house: House, login: Login
) -> None:
    me = ids.new()
    here = await login("leads", "sales_manager", member=me, team="cn/east")
    await new_lead(here)
    job = await exported(house, here)
    there = await login("leads", "sales_manager", member=me, team="cn/west")
    answer = await there.get(f"{PATH}/{job['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (403, "job.rights_changed")


async def test_a_file_that_is_not_made_yet_is_not_sent(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    job = await made(seller, PATH, {})
    answer = await seller.get(f"{PATH}/{job['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (409, "job.not_done")


async def test_an_export_is_an_import_again(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    kept = {"need": "a line\nof two", "email": "a@b.cn", "region": "东区"}
    await new_lead(seller, budget={"amount": "5.10", "currency": "CNY"}, **kept)
    columns = ["company", "source", "budget", *kept]
    job = await exported(house, seller, columns=columns)
    content = (await seller.get(f"{PATH}/{job['id']}/file")).content
    stranger = await login("leads", "sales_rep", tenant=ids.new())
    done = await brought(house, stranger, content)
    assert (done["created"], done["refused"]) == (1, 0)
    (lead,) = (await stranger.get("/v1/leads")).json()["items"]
    assert {name: lead[name] for name in kept} == kept
    assert lead["budget"] == {"amount": "5.10", "currency": "CNY"}


async def test_uploads_and_files_go_when_their_time_is_over(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    await brought(house, seller, people(1))
    await made(seller, "/v1/leads", a_lead())
    job = await exported(house, seller)
    await bring(seller, people(1))
    system, tenant = await house.system("leads"), seller.actor.tenant_id
    kinds = "select array_agg(distinct kind order by kind) from lead_job_part where tenant_id = $1"
    async with system.system() as connection:
        assert await connection.fetchval(kinds, tenant) == ["file", "result", "upload"]
        await connection.execute(
            "update lead_job set finished_at = finished_at - interval '8 days'"
            " where tenant_id = $1 and kind = 'export'",
            tenant,
        )
        await connection.execute(
            "update lead_job set lease_until = now() + interval '1 day' where tenant_id = $1",
            tenant,
        )
    runner = JobRunner(JOBS)
    while await runner(seller.executor, system):
        pass
    runner.close()
    await JobRunner(JOBS)(seller.executor, system)
    async with system.system() as connection:
        assert await connection.fetchval(kinds, tenant) == ["result", "upload"]
    answer = await seller.get(f"{PATH}/{job['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (404, "job.file_gone")
