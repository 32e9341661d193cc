"""The time of day jumps under running processes, and is put right again."""

from dataclasses import dataclass

from crmkit.testing.house import until
from tests.faults.stack import Stage

HOUR = 3600
BETWEEN = 3
"""Writes of the service acknowledged while its clock is wrong, and as many when it is right."""


@dataclass(frozen=True)
class Jump:
    """A process, the service whose writes are waited for, and how far its clock goes."""

    program: str
    service: str
    seconds: int


# One service's clocks are wrong in one direction only: where one an hour ahead and one an hour
# behind write one aggregate, its events may come to say more than two hours of another time than
# their ids do, which an archive refuses to take for true.
JUMPS = (
    Jump("leads.api", "leads", HOUR),
    Jump("contracts.api", "contracts", -HOUR),
    Jump("opportunities.worker", "opportunities", HOUR),
    Jump("reporting.worker", "", HOUR),
    Jump("webhooks.worker", "", -HOUR),
)
ELSEWHEN = """
select count(*) from event where tenant_id = any($1)
  and abs(extract(epoch from recorded_at - now())) > 1800
"""


async def jump_clocks(stage: Stage) -> None:
    """Each an hour ahead or back, and to the present, with writes in both."""
    for _ in stage.rounds():
        for each in JUMPS:
            await _jump(stage, each)


async def _jump(stage: Stage, jump: Jump) -> None:
    lever, before = stage.stack.levers[jump.program], await _elsewhen(stage, jump)

    async def bitten() -> bool:
        return not jump.service or await _elsewhen(stage, jump) > before

    lever.set_clock(jump.seconds)
    await stage.load.acknowledge(BETWEEN, jump.service)
    await until(bitten, 60)
    stage.did("clock jumps")
    lever.set_clock(0)
    await stage.load.acknowledge(BETWEEN, jump.service)
    stage.did("clock jumps")


async def _elsewhen(stage: Stage, jump: Jump) -> int:
    """How many events say another time than it was."""
    if not jump.service:
        return 0
    async with stage.stack.database(jump.service) as connection:
        return int(await connection.fetchval(ELSEWHEN, stage.load.tenants))
