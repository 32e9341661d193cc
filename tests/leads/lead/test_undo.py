"""撤销导入 taking an import back where one record rests on what another changes."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from crmkit.components.jobs.runner import JobRunner
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads import AccountUpdated
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.models import Account
from services.leads.lead.commands import JOBS, delete_lead
from services.leads.lead.models import Lead
from tests.leads.lead.test_imports import PATH, Killed, brought, count_of, leads_of, people
from tests.leads.samples import new_account

ROWS = 12


def counting(account: dict[str, Any]) -> Jobs:
    """Jobs of leads each of which, deleted, leaves a mark on one account."""

    async def remove(tx: Tx, lead_id: UUID) -> Lead:
        gone = await delete_lead(tx, lead_id)
        held = await tx.take(Account, UUID(account["id"]))
        tx.update(held, AccountUpdated, name=f"{held.name}-")
        return gone

    return replace(JOBS, remove=remove)


async def undone(house: House, caller: Caller, jobs: Jobs, job: dict[str, Any]) -> dict[str, Any]:
    """The import after turns of workers, each of which may be killed."""
    system = await house.system("leads")
    shown = job
    while shown["state"] != "undone":
        runner = JobRunner(jobs)
        try:
            await runner(caller.executor, system)
        except Killed:
            pass
        finally:
            runner.close()
        shown = (await caller.get(f"{PATH}/{job['id']}")).json()
        assert shown["error"] is None
    return shown


async def name_of(caller: Caller, account: dict[str, Any]) -> str:
    return str((await caller.get(f"/v1/accounts/{account['id']}")).json()["name"])


async def test_records_that_stand_in_each_others_way_are_taken_back_one_by_one(
    house: House, login: Login
) -> None:
    admin = await login("leads", "admin")
    account = await new_account(admin, name="Acme")
    job = await brought(house, admin, people(ROWS))
    kept = (await leads_of(admin))[0]
    await admin.post(f"/v1/leads/{kept['id']}/work")
    await admin.post(f"{PATH}/{job['id']}/undo")
    ended = await undone(house, admin, counting(account), job)
    assert ended["undone"] == ROWS - 1
    assert [lead["id"] for lead in await leads_of(admin)] == [kept["id"]]
    assert await name_of(admin, account) == "Acme" + "-" * (ROWS - 1)


async def test_an_undo_that_is_killed_between_two_halves_counts_each_record_once(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    account = await new_account(admin, name="Acme")
    job = await brought(house, admin, people(ROWS))
    await admin.post(f"{PATH}/{job['id']}/undo")
    commit, count = admin.executor.commit, 0

    async def cut(tx: Tx) -> None:
        nonlocal count
        count += 1
        if count % 5 == 2:
            raise Killed
        await commit(tx)
        if count % 5 == 0:
            raise Killed

    monkeypatch.setattr(admin.executor, "commit", cut)
    ended = await undone(house, admin, counting(account), job)
    assert count > ROWS
    assert (ended["undone"], await count_of(admin)) == (ROWS, 0)
    assert await name_of(admin, account) == "Acme" + "-" * ROWS
