"""线索评分 keeps scores right while time passes, and when rules or models change: a schedule of the
worker.

Each lead that has to be looked at is a row with its own instant, and a change of rules or model is
a row with a place among the tenant's leads; a look whose score stands writes no event. So any
number of workers may do it, and one may die anywhere.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg

from crmkit.components.dues import Dues
from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.scoring.commands import score_lead
from services.leads.scoring.domain import has_moved, next_look
from services.leads.scoring.queries import REMEMBER_SECONDS, list_open, list_scores
from services.leads.scoring.statements import BEGIN, DUE, LOOK_AGAIN, SWEEP

_TOLD = 1000
_HEARD = timedelta(seconds=2 * REMEMBER_SECONDS)
"""After which no process goes by what it remembers from before a change."""


class ScoreKeeper(Dues):
    """Each turn tells a thousand leads that the rules changed, and looks at those that are due."""

    service, schedule, every = "leads", "score_keeper", timedelta(seconds=5)
    looks = (DUE,)
    at_once = 200

    def __init__(self, settings: Settings, heard: timedelta = _HEARD) -> None:
        super().__init__(settings)
        self._heard = heard

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        now = clock.now()
        async with system.system() as connection:
            await connection.execute(BEGIN, now, now - self._heard)
            swept = await connection.fetchval(SWEEP, now, _TOLD)
        busy = await super().__call__(executor, system)
        if swept:  # there are more leads to tell
            self._next_look = Interval(self.every)
        return busy or bool(swept)

    async def do(
        self, executor: Executor, system: Database, rows: Sequence[asyncpg.Record]
    ) -> None:
        stand: list[tuple[Any, ...]] = []
        of = itemgetter("tenant_id")
        for tenant_id, leads in groupby(sorted(rows, key=of), of):
            stand += await _look(executor, tenant_id, [lead["id"] for lead in leads])
        if stand:
            async with system.system() as connection:
                await connection.execute(LOOK_AGAIN, *map(list, zip(*stand, strict=True)))


async def _look(executor: Executor, tenant_id: UUID, ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Have those scored whose score has moved; the others, with when to look at them again."""
    call = Call(system_actor(tenant_id))
    reading = executor.open(call)
    leads = await list_open(reading, [*ids])
    stand = []
    for lead, score in zip(leads, await list_scores(reading, leads, fresh=True), strict=True):
        if has_moved(lead.score, score):
            await executor.write(call, score_lead, lead.id)
        else:
            stand.append((tenant_id, lead.id, lead.version, next_look(lead.score, score)))
    return stand
