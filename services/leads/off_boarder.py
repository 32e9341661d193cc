"""回收客户登记本 hands over what people had who go: a schedule of the worker.

What is under way is a row with a lease, which spares work alone: each step writes the records that
go and how far it is by one statement, so any number of workers may do it, and one may die anywhere.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from crmkit.components.dues import Dues
from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import Actor
from crmkit.kernel.actor import system as system_actor
from services.leads.offboarding.commands import carry_on
from services.leads.offboarding.domain import OffboardingState
from services.leads.offboarding.models import Offboarding
from services.leads.offboarding.statements import DUE, LEASE, LET_GO

_LEASE = timedelta(seconds=30)
_STEPS = 20
"""Of one off-boarding before others have their turn."""


class OffBoarder(Dues):
    """Each turn takes those under way some steps further."""

    service, schedule, every = "leads", "off_boarder", timedelta(seconds=5)
    looks = (DUE,)

    async def do(
        self, executor: Executor, system: Database, rows: Sequence[asyncpg.Record]
    ) -> None:
        for row in rows:
            now, which = clock.now(), (row["tenant_id"], row["id"])
            async with system.system() as connection:
                held = await connection.fetchval(LEASE, *which, now, now + _LEASE)
            if not held:
                continue
            try:
                await _go_on(executor, *which)
            finally:
                async with system.system() as connection:
                    await connection.execute(LET_GO, *which)


async def _go_on(executor: Executor, tenant_id: UUID, offboarding_id: UUID) -> None:
    reading = executor.open(Call(system_actor(tenant_id)))
    job = await reading.find(Offboarding, id=offboarding_id)
    for _ in range(_STEPS):
        if job is None or job.state is not OffboardingState.RUNNING:
            return
        call = Call(_whoever_asked(job), cause=job.id)
        job = (await executor.write(call, carry_on, job.id)).row


def _whoever_asked(job: Offboarding) -> Actor:
    """Whoever started it, with the rights they had."""
    if job.asked_by is None:
        raise LookupError(f"off-boarding {job.id} runs, and nobody has started it")
    roles, scopes = frozenset(job.roles), frozenset(job.scopes)
    return Actor(job.tenant_id, job.asked_by, roles, job.caller_team, scopes, job.caller)
