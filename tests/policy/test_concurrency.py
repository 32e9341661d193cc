"""Many at once: one effect where one is due, all of them where all are, and never half of one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.db.writing import Tx
from crmkit.events.leads import LeadUpdated
from crmkit.kernel.errors import Stale
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.schemas import AccountCreate
from services.leads.lead import commands
from services.leads.lead.domain import Intent, LeadStatus
from services.leads.lead.models import Lead
from services.leads.lead.schemas import ConvertLead, LeadCreate, QualifyLead

_ACME = LeadCreate(company="Acme", source="web")
_LEAD = {"company": "Acme", "source": "web"}


async def at_once(
    times: int, send: Callable[[int], Awaitable[httpx.Response]]
) -> list[httpx.Response]:
    return await asyncio.gather(*(send(n) for n in range(times)))


def counted(answers: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


async def made(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_of_a_hundred_changes_of_one_version_one_is_made(login: Login) -> None:
    admin = await login("leads", "admin")
    path = f"/v1/leads/{(await made(admin, '/v1/leads', _LEAD))['id']}"
    answers = await at_once(
        100, lambda n: admin.patch(path, json={"need": f"{n}"}, headers={"if-match": '"1"'})
    )
    found = counted(answers)  # 503: no connection came free in time, nothing was tried
    assert (found[200], found[412] + found.get(503, 0)) == (1, 99)
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    now = (await admin.get(path)).json()
    assert (now["version"], now["need"]) == (2, winner["need"])
    assert await admin.emitted(now["id"]) == ["lead.created.v1", "lead.updated.v1"]


async def test_of_a_thousand_twins_one_has_an_effect_and_all_the_same_answer(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    key = {"idempotency-key": "once"}

    async def insist(_: int) -> httpx.Response:
        while True:
            answer = await admin.post("/v1/leads", json=_LEAD, headers=key)
            if answer.status_code != 503:  # no connection came free in time, nothing was tried
                return answer

    answers = await at_once(1000, insist)
    assert counted(answers) == {201: 1000}
    assert len({answer.content for answer in answers}) == 1
    assert len({(a.headers["etag"], a.headers["location"]) for a in answers}) == 1
    replays = [a.headers.get("idempotency-replayed") for a in answers]
    assert Counter(replays) == {"true": 999, None: 1}
    assert len((await admin.get("/v1/leads")).json()["items"]) == 1
    other = await admin.post("/v1/leads", json=_LEAD | {"company": "Other"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_twins_of_a_change_are_answered_alike_though_others_changed_it_since(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    path = f"/v1/leads/{(await made(admin, '/v1/leads', _LEAD))['id']}"
    same = {"if-match": '"1"', "idempotency-key": "once"}
    answers = await at_once(20, lambda _: admin.patch(path, json={"need": "x"}, headers=same))
    assert counted(answers) == {200: 20}
    await admin.patch(path, json={"need": "y"}, headers={"if-match": '"2"'})
    late = await admin.patch(path, json={"need": "x"}, headers=same)
    assert {answer.content for answer in answers} == {late.content}
    assert (await admin.get(path)).json()["need"] == "y"


async def test_a_refused_request_leaves_its_key_free(login: Login) -> None:
    admin = await login("leads", "admin")
    path = f"/v1/leads/{(await made(admin, '/v1/leads', _LEAD))['id']}"
    key = {"idempotency-key": "once"}
    assert (await admin.post(f"{path}/reopen", headers=key)).status_code == 409
    await admin.post(f"{path}/disqualify", json={"reason": "x"})
    reopened = await admin.post(f"{path}/reopen", headers=key)
    assert (reopened.status_code, reopened.headers.get("idempotency-replayed")) == (200, None)


async def test_of_a_hundred_with_one_natural_key_one_is_made(login: Login) -> None:
    admin = await login("leads", "admin")
    body = _LEAD | {"external_system": "erp", "external_id": "7"}
    answers = await at_once(100, lambda _: admin.post("/v1/leads", json=body))
    assert counted(answers) == {201: 1, 409: 99}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"lead.exists"}


async def test_of_many_who_delete_one_does(login: Login) -> None:
    admin = await login("leads", "admin")
    path = f"/v1/leads/{(await made(admin, '/v1/leads', _LEAD))['id']}"
    answers = await at_once(20, lambda _: admin.delete(path))
    assert counted(answers) == {204: 1, 404: 19}


async def test_fifty_calls_to_one_new_lead_are_all_logged_and_work_begins_once(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    lead = await made(admin, "/v1/leads", _LEAD)
    call = {"kind": "call", "subject": "Hello", "lead_id": lead["id"]}
    answers = await at_once(50, lambda _: admin.post("/v1/activities/log", json=call))
    assert counted(answers) == {201: 50}
    assert await admin.emitted(lead["id"]) == ["lead.created.v1", "lead.worked.v1"]
    listed = await admin.get(f"/v1/activities?lead_id={lead['id']}&limit=200")
    assert len(listed.json()["items"]) == 50


async def test_receipts_at_once_never_exceed_what_is_owed(login: Login) -> None:
    admin = await login("contracts", "admin")
    money = {"amount": "30.00", "currency": "CNY"}
    contract = await made(admin, "/v1/contracts", {"title": "Press", "amount": money})
    await made(admin, f"/v1/contracts/{contract['id']}/sign", {})
    (owed,) = (await admin.get("/v1/instalments")).json()["items"]
    path = f"/v1/instalments/{owed['id']}/receipts"
    payment = {"amount": {"amount": "1.00", "currency": "CNY"}}
    answers = await at_once(50, lambda _: admin.post(path, json=payment))
    refused = counted(answers)
    assert refused.pop(201) == 30
    assert refused.keys() <= {409, 422}
    after = (await admin.get(f"/v1/contracts/{contract['id']}")).json()
    assert (after["status"], after["collected"]) == ("completed", money)
    receipts = (await admin.get("/v1/receipts?limit=200")).json()["items"]
    assert len(receipts) == 30


async def _qualified(seller: Caller) -> Lead:
    lead = await seller(commands.create_lead, _ACME)
    found: Lead = await seller(commands.qualify_lead, lead.id, QualifyLead(intent=Intent.A))
    return found


async def test_a_lead_is_not_converted_into_an_account_deleted_meanwhile(login: Login) -> None:
    seller = await login("leads", "admin")
    lead, account = (
        await _qualified(seller),
        await seller(accounts.create_account, AccountCreate(name="Acme")),
    )
    before = await seller.emitted(lead.id)
    late = seller.executor.open(Call(seller.actor))
    await commands.convert_lead(late, lead.id, ConvertLead(account_id=account.id))
    await seller(accounts.delete_account, account.id)
    with pytest.raises(Stale):
        await seller.executor.commit(late)
    now = (await seller.get(f"/v1/leads/{lead.id}")).json()
    assert (now["status"], now["account_id"]) == (LeadStatus.QUALIFIED, None)
    assert await seller.emitted(lead.id) == before


async def test_conversions_racing_with_deletions_happen_before_them_or_not_at_all(
    login: Login,
) -> None:
    seller = await login("leads", "admin")
    for _ in range(10):
        lead = await _qualified(seller)
        account = await seller(accounts.create_account, AccountCreate(name="Acme"))
        converted, deleted = await asyncio.gather(
            seller.post(f"/v1/leads/{lead.id}/convert", json={"account_id": str(account.id)}),
            seller.delete(f"/v1/accounts/{account.id}"),
        )
        assert deleted.status_code == 204
        events = await seller.emitted(lead.id)
        if converted.status_code == 200:
            assert events[-1] == "lead.converted.v1"
        else:
            assert (converted.status_code, events[-1]) == (404, "lead.qualified.v1")


async def test_two_accounts_are_not_put_below_each_other(login: Login) -> None:
    admin = await login("leads", "admin")
    for _ in range(5):
        one, two = [await made(admin, "/v1/accounts", {"name": name}) for name in "ab"]
        await asyncio.gather(
            *(
                admin.patch(
                    f"/v1/accounts/{below['id']}",
                    json={"parent_id": above["id"]},
                    headers={"if-match": '"1"'},
                )
                for below, above in ((one, two), (two, one))
            )
        )
        found = [(await admin.get(f"/v1/accounts/{a['id']}")).json() for a in (one, two)]
        assert sum(account["parent_id"] is not None for account in found) <= 1


async def _is_free(connection: Any, table: str, row_id: UUID) -> bool:
    """Whether nobody holds a lock on the row."""
    try:
        async with connection.transaction():
            await connection.execute(
                f"select 1 from {table} where id = $1 for update nowait", row_id
            )
    except asyncpg.LockNotAvailableError:
        return False
    return True


@asynccontextmanager
async def _waiting_for(
    house: House, seller: Caller, tx: Tx, table: str, row_id: UUID
) -> AsyncIterator[Any]:
    """While somebody holds the row, and the statement of the Tx waits for it."""
    system = await house.system("leads")
    async with system.system() as holder, system.system() as witness:
        held = holder.transaction()
        await held.start()
        await holder.execute(f"select 1 from {table} where id = $1 for update", row_id)
        writing = asyncio.create_task(seller.executor.commit(tx))

        async def waits() -> bool:
            return bool(
                await witness.fetchval("select exists (select from pg_locks where not granted)")
            )

        try:
            await until(waits, 5)
            yield witness
        finally:
            await held.rollback()
            await writing


async def test_postgresql_locks_the_guards_in_the_order_of_table_and_kind(
    house: House, login: Login
) -> None:
    """Statements that lock in one order cannot deadlock. SQL does not promise the order in which
    the sum of the guards is reckoned; PostgreSQL keeps that of the text, and this pins it."""
    seller = await login("leads", "admin")
    for held, free, locked in (("account", "lead", None), ("lead", None, "account")):
        lead = await _qualified(seller)
        account: Account = await seller(accounts.create_account, AccountCreate(name="Acme"))
        ids = {"lead": lead.id, "account": account.id}
        tx = seller.executor.open(Call(seller.actor))
        await commands.convert_lead(tx, lead.id, ConvertLead(account_id=account.id))
        async with _waiting_for(house, seller, tx, held, ids[held]) as witness:
            if free:
                assert await _is_free(witness, free, ids[free])
            if locked:
                assert not await _is_free(witness, locked, ids[locked])


_PLANS = {
    "as it likes": "",
    "row by row": "&enable_hashjoin=off&enable_mergejoin=off",
    "by hashing": "&enable_nestloop=off&enable_mergejoin=off",
    "by merging": "&enable_nestloop=off&enable_hashjoin=off",
}
"""How PostgreSQL may meet the rows of a statement; what it likes depends on how many there are."""


@pytest.fixture(params=_PLANS)
async def planning(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Executor]:
    """Writes by sessions that plan so."""
    service = house.service("leads")
    dsn = house.settings("leads").dsn("leads", "app") + _PLANS[request.param]
    database = await Database.open(dsn, size=2, name="planning")
    yield Executor(database, service.policy)
    await database.close()


@pytest.mark.parametrize("kind", ["expect", "update"])
async def test_postgresql_locks_the_rows_of_one_table_in_the_order_of_their_ids(
    house: House, login: Login, kind: str, planning: Executor
) -> None:
    """Though they lie in another order, for each has moved since, and though there are so many
    that they are met by hashing what is asked for and walking through all there are."""
    seller = await login("leads", "admin")
    crowd = {"rows": [{"data": _LEAD} for _ in range(200)]}
    assert (await seller.post("/v1/leads/batch", json=crowd)).is_success
    seller.executor = planning
    for held in (0, 1, 2):
        made = [await seller(commands.create_lead, _ACME) for _ in range(3)]
        moved = [await seller(commands.work_lead, each.id) for each in reversed(made)]
        rows = sorted(moved, key=_id)
        other = await seller(commands.create_lead, _ACME)
        await _analyze(house)
        tx = seller.executor.open(Call(seller.actor))
        for each in reversed(rows):
            if kind == "expect":
                tx.expect(each)
            else:
                tx.update(each, LeadUpdated, need="x")
        if kind == "expect":
            await commands.work_lead(tx, other.id)
        async with _waiting_for(house, seller, tx, "lead", rows[held].id) as witness:
            for n, each in enumerate(rows):
                if n != held:
                    assert await _is_free(witness, "lead", each.id) is (n > held), (n, held)


async def _analyze(house: House) -> None:
    owner = await asyncpg.connect(house.settings("leads").dsn("leads", "owner"))
    await owner.execute("analyze lead")
    await owner.close()


def _id(row: Lead) -> UUID:
    return row.id
