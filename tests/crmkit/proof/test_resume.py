"""A service that was put back goes on: what broke off is taken up again by the same command."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from rich.console import Console

from crmkit.kernel import ids
from crmkit.messaging.relay import Relay
from crmkit.messaging.standstill import only_replay
from crmkit.proof import resume
from crmkit.proof.commands import print_resumed
from crmkit.proof.resume import Resumption
from crmkit.proof.snapshots import connected
from crmkit.service import services
from crmkit.testing.house import House, running_house, until
from crmkit.worker import end
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate

AHEAD = "insert into watermark values ('leads', 'crm.lead.v1', 0, 5)"
DUE = "select replay_due is not null from relay"
ALL_TOLD = "select position > 0 and not exists (select from outbox) from relay"
FORGET = "with gone as (delete from published) delete from ledger"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone() -> AsyncIterator[House]:
    """Every service has its database; reporting has heard more than leads has told, nothing."""
    async with running_house() as house:
        for each in services():
            await house.executor(each.name)
        await house.work()
        async with (await house.system("reporting")).system() as connection:
            await connection.execute(AHEAD)
        yield house


@asynccontextmanager
async def replaying(house: House) -> AsyncIterator[None]:
    """Another replay of reporting, which ends this one's with an error."""
    async with connected(house.service("reporting")) as connection:
        assert await only_replay(connection)
        yield


@asynccontextmanager
async def relay_at_work(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(resume, "ALONE_WITHIN", 0.0)
    async with connected(house.service("leads")) as connection:
        assert await connection.fetchval("select pg_try_advisory_lock(hashtext('crm.relay'))")
        yield


@asynccontextmanager
async def relaying(house: House) -> AsyncIterator[None]:
    """For a while: a relay at work leaves nobody its lock."""
    leads, system = house.service("leads"), await house.system("leads")
    relay = Relay("leads", system, house.settings("leads"), leads.topics)
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        await end([task])


async def resumed(out: Path) -> str:
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as said:
        assert await print_resumed("leads", out, console) == 0
    return said.get()


async def due(house: House) -> bool:
    async with (await house.system("leads")).system() as connection:
        return bool(await connection.fetchval(DUE))


async def test_replays_that_broke_off_are_made_good_by_the_same_command(
    alone: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "lost.jsonl"
    async with replaying(alone):
        with pytest.raises(LookupError, match="another replay of reporting"):
            await resumed(out)
        assert await due(alone)
        with pytest.raises(LookupError, match="another replay of reporting"):
            await resumed(out)
    async with relay_at_work(alone, monkeypatch):
        said = await resumed(out)
        assert "reporting makes anew what it keeps" in said
        assert "given up" not in said
        assert not await due(alone)
        with pytest.raises(LookupError, match="a relay of leads is at work"):
            await resumed(out)
    assert await resumed(out) == "leads has forgotten nothing that it told\n"


async def test_the_file_of_a_scan_that_broke_off_is_taken_away(
    alone: House, tmp_path: Path
) -> None:
    seller = await alone.caller("leads", ids.new(), "sales_manager")
    await seller(commands.create_lead, LeadCreate(company="Lost", source="web"))
    system, leads = await alone.system("leads"), alone.service("leads")

    async def told() -> bool:
        async with system.system() as connection:
            return bool(await connection.fetchval(ALL_TOLD))

    async with relaying(alone):
        await until(told)
    async with system.system() as connection:
        await connection.execute(FORGET)
    out = tmp_path / "lost.jsonl"
    async with connected(leads) as lock:
        await lock.close()
        with pytest.raises(asyncpg.InterfaceError):
            await Resumption(leads, system, lock).run(out)
        assert not out.exists()
    out.write_text("of an earlier time")
    async with connected(leads) as lock:
        with pytest.raises(FileExistsError):
            await Resumption(leads, system, lock).run(out)
    assert out.read_text() == "of an earlier time"
