"""A migration that runs while traffic goes on: no request fails, and it is done at the end."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from crmkit.kernel import ids
from crmkit.migrations.runner import Migrator
from crmkit.testing.house import Caller, House, until

pytestmark = pytest.mark.slow

SERVICES = Path(__file__).resolve().parents[2] / "services"
HEAD = """
import sqlalchemy as sa
from alembic import op
from crmkit.migrations import live

revision = "{0}"
down_revision = "{1}"
branch_labels = None
depends_on = None


def upgrade():
    {2}
"""
COLUMNS = """op.add_column("lead", sa.Column(
        "rank", sa.Integer(), nullable=False, server_default="0"))"""
FILL = """live.backfill("lead", "rank = length(company)", "rank = 0", rows=50)"""
INDEX = """live.add_index("lead_rank_idx", "lead", ["tenant_id", "rank"])"""
GONE = """live.add_index("lead_gone_idx", "lead", ["rank"]); live.remove_index("lead_gone_idx")"""
LEADS = 400


@pytest_asyncio.fixture(loop_scope="session")
async def seller(alone: House) -> Caller:
    return await alone.caller("leads", ids.new(), "admin")


def planted(folder: Path, house: House, *steps: str) -> Migrator:
    """The service's own revisions, and these after them."""
    for path in (SERVICES / "leads/migrations").glob("*.py"):
        shutil.copy(path, folder)
    before = max(path.name.split("_")[0] for path in folder.glob("leads*.py"))
    for number, step in enumerate(steps):
        name = f"leads9{number:03}"
        (folder / f"{name}_planted.py").write_text(HEAD.format(name, before, step))
        before = name
    service = house.service("leads")
    return Migrator(
        "leads", folder, service.metadata, house.settings("leads").dsn("leads", "owner")
    )


class Traffic:
    """Writes and reads, one after the other, until stopped; what was not answered well."""

    def __init__(self, seller: Caller) -> None:
        self.seller = seller
        self.answered = 0
        self.failed: list[str] = []
        self.stopped = False

    async def run(self, number: int) -> None:
        while not self.stopped:
            await self._note(
                await self.seller.post("/v1/leads", json={"company": "Traffic", "source": "web"})
            )
            await self._note(await self.seller.get("/v1/leads", params={"limit": 20}))

    async def _note(self, answer: Any) -> None:
        self.answered += 1
        if not answer.is_success:
            self.failed.append(f"{answer.request.method}: {answer.status_code} {answer.text}")

    async def goes_on(self) -> None:
        """Return when ten more requests have been answered."""
        seen = self.answered

        async def more() -> bool:
            return self.answered >= seen + 10

        await until(more)


async def test_no_request_fails_while_columns_indexes_and_values_are_added(
    alone: House, seller: Caller, tmp_path: Path
) -> None:
    rows = [{"company": "Old", "source": "web", "external_id": str(n)} for n in range(LEADS)]
    for row in rows:
        assert (await seller.post("/v1/leads", json=row | {"external_system": "old"})).is_success
    traffic = Traffic(seller)
    tasks = [asyncio.create_task(traffic.run(number)) for number in range(3)]
    await traffic.goes_on()
    reader = await asyncpg.connect(alone.settings("leads").dsn("leads", "system"))
    transaction = reader.transaction()
    await transaction.start()
    await reader.fetchval("select count(*) from lead")
    with capture_logs() as logs:
        steps = (COLUMNS, FILL, INDEX, GONE)
        migration = asyncio.create_task(planted(tmp_path, alone, *steps).upgrade())

        async def refused() -> bool:
            return any(each["event"] == "migrate.retry" for each in logs)

        await until(refused)
        await traffic.goes_on()
        assert not migration.done()
        await transaction.rollback()
        await reader.close()
        await migration
    await traffic.goes_on()
    traffic.stopped = True
    await asyncio.gather(*tasks)
    assert traffic.failed == []
    async with (await alone.system("leads")).system() as connection:
        assert await connection.fetchval("select count(*) from lead where rank = 3") == LEADS
        valid = "select indisvalid from pg_index where indexrelid = 'lead_rank_idx'::regclass"
        assert await connection.fetchval(valid)
        assert await connection.fetchval("select to_regclass('lead_gone_idx') is null")


async def test_an_index_left_half_made_is_made_anew(
    alone: House, seller: Caller, tmp_path: Path
) -> None:
    """Two rows alike: a unique index on them breaks off, and leaves one that nobody uses."""
    for _ in range(2):
        await seller.post("/v1/leads", json={"company": "Twin", "source": "web"})
    owner = await asyncpg.connect(alone.settings("leads").dsn("leads", "owner"))
    system = await alone.system("leads")
    broken = "create unique index concurrently lead_half_idx on lead (tenant_id)"
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(broken)
    await owner.close()
    valid = "select indisvalid from pg_index where indexrelid = 'lead_half_idx'::regclass"
    async with system.system() as connection:
        assert await connection.fetchval(valid) is False
    step = INDEX.replace("lead_rank_idx", "lead_half_idx").replace(', "rank"', ', "source"')
    await planted(tmp_path, alone, COLUMNS, FILL, INDEX, step).upgrade()
    async with system.system() as connection:
        assert await connection.fetchval(valid) is True


async def test_a_revision_that_is_wrong_is_not_tried_again(
    alone: House, seller: Caller, tmp_path: Path
) -> None:
    wrong = planted(tmp_path, alone, COLUMNS, FILL, INDEX, "pass", "op.execute('select nothing')")
    with capture_logs() as logs, pytest.raises(DBAPIError, match="nothing"):
        await wrong.upgrade()
    assert logs == []
