"""撤销导入 taking an import back where one record rests on what another changes."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads import AccountUpdated
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.models import Account
from services.leads.lead.commands import JOBS, delete_lead
from services.leads.lead.models import Lead
from tests.leads.lead.killing import Cuts, survived
from tests.leads.lead.test_imports import PATH, brought, count_of, people
from tests.leads.samples import leads_of, new_account

ROWS = 12


def counting(account: dict[str, Any]) -> Jobs:
    """Jobs of leads each of which, deleted, leaves a mark on one account."""

    async def remove(tx: Tx, lead_id: UUID) -> Lead:
        gone = await delete_lead(tx, lead_id)
        held = await tx.take(Account, UUID(account["id"]))
        tx.update(held, AccountUpdated, name=f"{held.name}-")
        return gone

    return replace(JOBS, remove=remove)


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
    ended = await survived(house, admin, job, counting(account))
    assert (ended["error"], ended["undone"]) == (None, ROWS - 1)
    assert [lead["id"] for lead in await leads_of(admin)] == [kept["id"]]
    assert await name_of(admin, account) == "Acme" + "-" * (ROWS - 1)


async def test_an_undo_that_is_killed_between_two_halves_counts_each_record_once(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    account = await new_account(admin, name="Acme")
    job = await brought(house, admin, people(ROWS))
    await admin.post(f"{PATH}/{job['id']}/undo")
    cuts = Cuts(admin.executor, 5, 2)
    monkeypatch.setattr(admin.executor, "commit", cuts)
    ended = await survived(house, admin, job, counting(account))
    assert cuts.count > ROWS
    assert (ended["error"], ended["undone"], await count_of(admin)) == (None, ROWS, 0)
    assert await name_of(admin, account) == "Acme" + "-" * ROWS
