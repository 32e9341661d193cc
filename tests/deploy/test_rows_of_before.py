"""What was written before a revision is there after it, and is worked with like all else."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from crmkit.components.search_keeper import SearchKeeper
from crmkit.kernel import ids
from crmkit.migrations.runner import Migrator
from crmkit.testing.house import Caller, House, running_house
from services.leads.key_keeper import KeyKeeper

pytestmark = pytest.mark.slow

SERVICES = Path(__file__).resolve().parents[2] / "services"
BEFORE = ("leads0001", "leads0002", "leads0003")
TENANT = UUID(int=7)
KINDS = {"uuid": TENANT, "text": "", "integer": 1, "boolean": False, "jsonb": "{}"}
WRITTEN = {
    "lead": {"company": "Acme Ltd", "source": "web", "status": "qualified", "phone": "13800138000"},
    "account": {"name": "Acme"},
    "activity": {"kind": "call", "subject": "Hello", "status": "planned"},
}
_COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = $1 and is_nullable = 'NO' and column_default is null
"""


@pytest_asyncio.fixture(loop_scope="session")
async def house_of_before(tmp_path: Path) -> AsyncIterator[House]:
    """The service as it was released first, with a row in each of its tables."""
    for revision in BEFORE:
        (path,) = (SERVICES / "leads/migrations").glob(f"{revision}_*.py")
        shutil.copy(path, tmp_path)
    async with running_house(bare=True) as house:
        await house.postgres.provision("leads")
        metadata = house.service("leads").metadata
        dsn = house.settings("leads").dsn
        await Migrator("leads", tmp_path, metadata, dsn("leads", "owner")).upgrade()
        system = await asyncpg.connect(dsn("leads", "system"))
        for table, values in WRITTEN.items():
            await _write(system, table, values)
        await system.close()
        yield house


async def _write(connection: Any, table: str, values: dict[str, Any]) -> None:
    """A row with these values; all else that has to be there is blank."""
    columns = await connection.fetch(_COLUMNS, table)
    now = await connection.fetchval("select now()")
    blank = {name: KINDS.get(kind, now) for name, kind in columns}
    filled = blank | values | {"tenant_id": TENANT, "id": ids.new()}
    marks = ", ".join(f"${n + 1}" for n in range(len(filled)))
    names = ", ".join(filled)
    await connection.execute(f"insert into {table} ({names}) values ({marks})", *filled.values())


async def _searched(house: House) -> set[str]:
    """The records that have keys once the worker has given them."""
    system, executor = await house.system("leads"), await house.executor("leads")
    keepers = [make(house.settings("leads")) for make in house.service("leads").schedules]
    (keeper,) = [each for each in keepers if isinstance(each, SearchKeeper)]
    while await keeper(executor, system):
        pass
    async with system.system() as connection:
        assert await connection.fetchval("select count(*) from search_due") == 0
        return {str(row["id"]) for row in await connection.fetch("select id from search_key")}


async def _only(caller: Caller, plural: str) -> dict[str, Any]:
    answer = await caller.get(f"/v1/{plural}")
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    return dict(found)


async def test_rows_of_the_first_release_come_through_every_revision(
    house_of_before: House,
) -> None:
    house = house_of_before
    admin = await house.caller("leads", TENANT, "admin", member=TENANT)
    await house.service("leads").migrator(house.settings("leads")).check()
    lead, account, activity = [await _only(admin, p) for p in ("leads", "accounts", "activities")]
    assert (lead["kind"], lead["merged_from"], lead["protected"]) == ("direct", [], False)
    assert (account["lifecycle"], account["tier"]) == ("prospect", "ordinary")
    assert (activity["notes"], activity["place"]) == ("", "")
    keeper, system = KeyKeeper(house.settings("leads")), await house.system("leads")
    while await keeper(admin.executor, system):
        pass
    assert await _searched(house) == {lead["id"], account["id"]}
    asked = {"leads": [{"phone": "+86 138 0013 8000"}]}
    matched = (await admin.post("/v1/leads/duplicates", json=asked)).json()["items"][0]["items"]
    assert [each["lead_id"] for each in matched] == [lead["id"]]
    for path, body in (
        (f"/v1/activities/{activity['id']}/complete", {}),
        (f"/v1/leads/{lead['id']}/convert", {"account_id": account["id"]}),
        (f"/v1/accounts/{account['id']}/lose", {"reason": "gone"}),
    ):
        answer = await admin.post(path, json=body)
        assert answer.is_success, answer.text
