"""The short form: every fault once, under one load, on one house, and one look at what is left."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import until
from tests.e2e.fleet import Person, kill
from tests.faults import families, oracle, poison
from tests.faults.families import FAMILIES
from tests.faults.forgetting import TRIES, as_administrator, slow_writer, standing_still
from tests.faults.load import Write
from tests.faults.oracle import judge
from tests.faults.points import WHERE
from tests.faults.report import Report, table
from tests.faults.stack import Stack, Stage, running_stack, signal_tree, staged
from tests.faults.watching import LOOKS_WITHIN, differences

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RATE = 12
SEED = int(os.environ.get("SEED", "1"))
BITES = (
    *("SIGSTOP of PostgreSQL", "SIGSTOP of a process", "SIGSTOP of the broker", "bad partners"),
    *("black holes", "broker restarted empty", "chunks delayed", "clock jumps"),
    *("connections reset", "kill -9 of PostgreSQL", "kill -9 of a process"),
    *("kill -9 of everything", "poison records", "replies to commits lost"),
    *("PostgreSQL forgot a mark", "PostgreSQL forgot a claim", "kill -9 of a monitor"),
    *("SIGTERM of a monitor", "SIGSTOP of a monitor"),
    *("worker frozen at work", *(f"ended at {name}" for name in WHERE)),
)


@dataclass
class Tried:
    """A house after all of it, what was found, and what of it hung."""

    stage: Stage
    report: Report
    hung: list[str]
    hung_on_purpose: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tried() -> AsyncIterator[Tried]:
    async with (
        running_stack() as stack,
        staged(stack, rate=RATE, seed=SEED) as stage,
    ):
        hung = await families.run_short(stage)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(families, "ROUND_WITHIN", 1.0)
            on_purpose = await families.attempt(stage, hang)
        report = await families.judged("short", stage, [])
        sys.stdout.write(f"seed {SEED}\n{table([report])}\n")
        yield Tried(stage, report, hung, on_purpose)


async def hang(stage: Stage) -> None:
    """Leaves behind it whatever a fault may leave behind."""
    signal_tree(stage.stack.postgres, signal.SIGKILL)
    stage.stack.broker.freeze()
    if stage.stack.own_broker.pid is not None:
        kill(stage.stack.own_broker.pid)
    stage.stack.to_broker.swallows = True
    dead, frozen, *_ = stage.stack.programs
    dead.signal(signal.SIGKILL)
    frozen.signal(signal.SIGSTOP)
    stage.stack.levers[frozen.name].set_clock(3600)
    await asyncio.Event().wait()


async def test_nothing_acknowledged_is_lost_or_done_twice_whatever_breaks(tried: Tried) -> None:
    assert tried.hung == []
    assert tried.report.wrong == []
    assert tried.report.valid
    assert [each for each in BITES if not tried.report.faults.get(each)] == []


async def test_a_full_disk_bites(tried: Tried) -> None:
    if tried.report.skipped:
        pytest.skip(tried.report.skipped)
    assert tried.report.faults["disk full"] == 1


async def test_a_fault_that_hangs_is_told_and_what_it_did_is_undone(tried: Tried) -> None:
    assert tried.hung_on_purpose == ["hang did not come to its end"]
    assert tried.stage.stack.postgres.pid is not None
    assert all(program.running for program in tried.stage.stack.programs)


async def test_a_fault_that_waits_in_vain_says_where(tried: Tried) -> None:
    async def poison_in_vain(stage: Stage) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(poison, "PARKED_WITHIN", 0.1)
            stage.stack.poison.add(b"never sent")
            try:
                await poison.all_parked(stage)
            finally:
                stage.stack.poison.discard(b"never sent")

    (told,) = await families.attempt(tried.stage, poison_in_vain)
    assert told.startswith("poison_in_vain waited in vain, poison.py:")


def test_the_short_form_has_each_fault_of_the_long_one_once() -> None:
    short = Counter(fault for faults in families.SHORT for fault in faults)
    long = Counter(fault for faults in FAMILIES.values() for fault in faults)
    assert long - short == Counter(families.LONG_ONLY)
    assert not short - long
    assert set(short.values()) == {1}


async def test_a_write_for_which_nobody_waited_is_lost_in_a_crash_and_others_are_not(
    tried: Tried,
) -> None:
    """What PostgreSQL forgets here it would forget of claims and marks, and of nothing else."""
    stack, who = tried.stage.stack, next(iter(tried.stage.load.people.values()))
    async with slow_writer(stack):
        assert await outlives_a_crash(stack, who)
        role = "alter role crm_leads_app {} synchronous_commit {}"
        await as_administrator(stack, role.format("set", "= off"))
        try:
            assert await is_lost_in_a_crash(stack, who)
        finally:
            await as_administrator(stack, role.format("reset", ""))


async def is_lost_in_a_crash(stack: Stack, who: Person) -> bool:
    """PostgreSQL writes its log at times by itself, and then the crash came too late."""
    for _ in range(TRIES):
        if not await outlives_a_crash(stack, who):
            return True
    return False


async def outlives_a_crash(stack: Stack, who: Person) -> bool:
    """Of a lead whose making was acknowledged, when nobody else writes."""
    api = stack.apis["leads"]
    api.signal(signal.SIGKILL)
    await api.wait()
    await stack.revive(api)
    with standing_still([each for each in stack.programs if each is not api]):
        made = await who.ask("leads", "POST", "/v1/leads", json=LEAD)
        await stack.kill_postgres()
    async with stack.database("leads") as connection:
        kept = await connection.fetchval("select count(*) from lead where id = $1", made["id"])
    return bool(kept)


async def test_a_monitor_that_was_killed_sees_what_is_not_equal(tried: Tried) -> None:
    stack = tried.stage.stack
    monitor = stack.monitor
    async with stack.database("reporting") as connection:
        first = await connection.fetchrow("select id, source from fact_lead order by tenant_id, id")
        assert first is not None
        await connection.execute(SPOIL, first["id"], "spoilt")
        try:
            monitor.signal(signal.SIGKILL)
            await monitor.wait()
            await monitor.start()  # it begins with the first rows of each table
            await until(lambda: finds(stack), LOOKS_WITHIN)
        finally:
            await connection.execute(SPOIL, first["id"], first["source"])
    stack.judged[monitor.name] = monitor.log.stat().st_size


async def finds(stack: Stack) -> bool:
    return await differences(stack, stack.monitor) > 0


SPOIL = "update fact_lead set source = $2 where id = $1"
LEAD = {"company": "Crash", "source": "web"}


async def test_the_oracle_names_each_thing_that_is_wrong(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "QUIET_SECONDS", 3)
    stage, stack = tried.stage, tried.stage.stack
    lost, refused, *_ = [each for each in stage.load.acknowledged if each.service == "leads"]
    spoil(stage, lost, refused)
    async with stack.database("leads") as connection:
        await connection.execute(RENAME, UUID(lost.id), " Ltd")
        lost.id = str(ids.new())
        verdict = await judge(stage)
        await connection.execute(UNDO, stage.load.tenants, " Ltd")
    stack.poison.discard(b"planted")
    for program in (stack.apis["leads"], stack.workers["leads"]):
        lines = program.log.read_text().splitlines(keepends=True)
        program.log.write_text("".join(line for line in lines if not tells_of_planted(line)))
    named = "\n".join(verdict.wrong)
    for kind in WRONG:
        assert kind in named, (kind, verdict.wrong)


def spoil(stage: Stage, lost: Write, refused: Write) -> None:
    """One thing of each kind that the ORACLE looks for."""
    refused.status = 409
    stage.load.surprises.append("planted")
    stage.stack.poison.add(b"planted")
    told = stage.receiver.told
    told.append(replace(told[-1], body=told[-1].body + b" "))
    first = told[0].headers["webhook-id"]
    told[:] = [each for each in told if each.headers["webhook-id"] != first]
    with stage.stack.apis["leads"].log.open("a") as log:
        log.write(PLANTED)


def tells_of_planted(line: str) -> bool:
    """The line that was planted, or what the monitor says of the row that was changed."""
    return line == PLANTED or '"consistency.difference"' in line


PLANTED = "Traceback of what nobody caught\n"
RENAME = "update lead set company = company || $2 where id = $1"
UNDO = "update lead set company = replace(company, $2, '') where tenant_id = any($1)"
WRONG = (
    "acknowledged by leads and lost",
    "done by leads more often than answered",
    "events that a partner was never told",
    "webhooks that are not signed",
    "webhooks that changed",
    "parked by reporting and not poison",
    "crm verify --all exits 1",
    "answers that no fault explains",
    "errors in logs",
)
