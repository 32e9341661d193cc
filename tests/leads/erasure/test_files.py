"""An erasure waits for no export, and nothing of somebody comes into a file that was asked for
while they were erased; an import it waits for, or stops."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.components.jobs.exporter import export_some
from crmkit.components.jobs.runner import JobRunner
from crmkit.components.jobs.subject import Bench, Lost
from crmkit.kernel.errors import Stale
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.commands import JOBS
from tests.leads.erasure_samples import GROUND
from tests.leads.lead.test_exports import rows_of
from tests.leads.lead.test_imports import bring, brought, people, worked
from tests.leads.samples import made, new_lead

HOLDING = "select pg_advisory_xact_lock(hashtextextended('erasure:' || $1, 0))"


@pytest.fixture
async def admin(login: Login) -> Caller:
    return await login("leads", "admin")


async def at_work(house: House, caller: Caller) -> tuple[Bench, Any]:
    """The caller's export in a worker's hands, which takes what other tests have left first."""
    while job := await JobRunner(JOBS).claim(await house.system("leads")):
        if job.tenant_id == caller.actor.tenant_id:
            break
    assert job is not None
    return Bench.of(JOBS, caller.executor, job), job


async def parts(house: House, job: dict[str, Any]) -> int:
    sql = "select count(*) from lead_job_part where job_id = $1"
    async with (await house.system("leads")).system() as connection:
        return int(await connection.fetchval(sql, UUID(job["id"])))


async def test_an_export_under_way_begins_anew_without_them(
    house: House, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmkit.components.jobs.exporter.PAGE", 1)
    lead = await new_lead(admin, contact_name="王静")
    await new_lead(admin, contact_name="李雷")
    asked = {"columns": ["contact_name"], "filter": {"sort": "received_at"}}
    job = await made(admin, "/v1/leads/exports", asked)
    bench, taken = await at_work(house, admin)
    written = await export_some(bench, taken)
    assert (written.done, await parts(house, job)) == (1, 1)
    await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    assert await parts(house, job) == 0
    with pytest.raises(Stale):  # what a worker has read meanwhile
        await export_some(bench, written)
    done = await worked(house, admin, job)
    assert (done["state"], done["done"]) == ("done", 2)
    assert await rows_of(admin, done) == [["contact_name"], [""], ["李雷"]]


async def test_an_export_of_which_nothing_is_written_yet_is_not_written_as_it_was_read(
    house: House, admin: Caller
) -> None:
    lead = await new_lead(admin, contact_name="王静")
    await made(admin, "/v1/leads/exports", {})
    bench, taken = await at_work(house, admin)
    await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    with pytest.raises(Stale):
        await export_some(bench, taken)


async def test_no_page_is_read_while_somebody_is_erased(house: House, admin: Caller) -> None:
    job = await made(admin, "/v1/leads/exports", {})
    bench, taken = await at_work(house, admin)
    tenant = str(admin.actor.tenant_id)
    async with (await house.system("leads")).system() as connection, connection.transaction():
        await connection.execute(HOLDING, tenant)
        with pytest.raises(Lost):
            await export_some(bench, taken)
    assert (await export_some(bench, taken)).done == 0
    assert await parts(house, job) == 1


async def test_the_file_of_an_import_that_is_being_undone_goes(house: House, admin: Caller) -> None:
    lead = await new_lead(admin)
    job = await brought(house, admin, people(1))
    await made(admin, f"/v1/leads/imports/{job['id']}/undo", {})
    assert await parts(house, job) == 2
    await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    assert await parts(house, job) == 1
    assert (await worked(house, admin, job))["undone"] == 1


async def test_an_import_under_way_is_waited_for_or_stopped(house: House, admin: Caller) -> None:
    lead = await new_lead(admin)
    path = f"/v1/leads/{lead['id']}/erase"
    job = await bring(admin, people(1))
    answer = await admin.post(path, json=GROUND)
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.jobs_under_way")
    assert (await made(admin, path, GROUND | {"stop_imports": True}))["company"] == ""
    assert (await worked(house, admin, job))["state"] == "cancelled"
    assert await parts(house, job) == 0
