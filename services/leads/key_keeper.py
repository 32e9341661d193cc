"""重复客户 gives keys to leads that have none: those from before there were keys, and all of them
once the rules have changed and a revision has taken `company_key` away. A schedule of the worker.

No event tells of it, and no version moves: keys are made of what was told already.
"""

from datetime import timedelta

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.lead.queries import PUT_KEYS, UNKEYED
from services.leads.matching.domain import keys_of

_LOOK = timedelta(minutes=1)


class KeyKeeper:
    """Each turn keys the next leads; one that moves meanwhile gets its keys by that."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(_LOOK)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        async with system.system() as connection:
            bare = await connection.fetch(UNKEYED)
            if bare:
                keys = [keys_of(lead["company"], lead["phone"], lead["email"]) for lead in bare]
                await connection.execute(
                    PUT_KEYS,
                    *([lead[name] for lead in bare] for name in ("tenant_id", "id", "version")),
                    [each.phone for each in keys],
                    [each.email for each in keys],
                    [each.company or "" for each in keys],
                    [each.tail for each in keys],
                )
        if not bare:
            self._next_look.restart()
        return bool(bare)
