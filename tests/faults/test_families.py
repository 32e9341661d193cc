"""The short form: every family of faults once, under load, on one house."""

import os
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.families import FAMILIES, run
from tests.faults.report import table
from tests.faults.stack import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RATE = 20
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
    sys.stdout.write(f"\n{table([report])}\n")
    if report.skipped:
        pytest.skip(report.skipped)
    assert report.wrong == []
    assert report.valid
