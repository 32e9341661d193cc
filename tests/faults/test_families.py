"""The short form: every family of faults once, under load, on one house."""

import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from tests.faults import oracle
from tests.faults.families import FAMILIES, run
from tests.faults.load import Write
from tests.faults.oracle import judge
from tests.faults.report import table
from tests.faults.stack import Stack, Stage, running_stack, staged

pytestmark = [pytest.mark.slow, pytest.mark.kit, pytest.mark.timeout(300)]

RATE = 12
SEED = int(os.environ.get("SEED", "1"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack() -> AsyncIterator[Stack]:
    async with running_stack() as running:
        yield running


@pytest.mark.parametrize("family", FAMILIES)
async def test_nothing_acknowledged_is_lost_or_done_twice_whatever_breaks(
    stack: Stack, family: str
) -> None:
    report = await run(family, stack, rate=RATE, seed=SEED)
    sys.stdout.write(f"seed {SEED}\n{table([report])}\n")
    if report.skipped:
        pytest.skip(report.skipped)
    assert report.wrong == []
    assert report.valid


async def test_the_oracle_names_each_thing_that_is_wrong(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "QUIET_SECONDS", 15)
    await stack.mend()
    async with staged(stack, rate=RATE, seed=SEED, tenants=1) as stage:
        await stage.load.acknowledge(10)
        await stage.load.stop()
        assert (await judge(stage)).wrong == []
        lost, refused, *_ = [each for each in stage.load.acknowledged if each.service == "leads"]
        spoil(stage, lost, refused)
        async with stack.database("leads") as connection:
            await connection.execute(RENAME, UUID(lost.id), " Ltd")
            lost.id = str(ids.new())
            verdict = await judge(stage)
            await connection.execute(UNDO, stage.load.tenants[0], " Ltd")
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
UNDO = "update lead set company = replace(company, $2, '') where tenant_id = $1"
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
