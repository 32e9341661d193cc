"""重复客户 gives keys to leads that have none: those from before there were keys, and all of them
once the rules have changed and a revision has taken `company_key` away. A schedule of the worker.

No event tells of it, and no version moves: keys are made of what was told already.
"""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from crmkit.components.dues import Dues
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from services.leads.lead.queries import PUT_KEYS, UNKEYED
from services.leads.matching.domain import key_columns, keys_of


class KeyKeeper(Dues):
    """Each turn keys the next leads; one that moves meanwhile gets its keys by that."""

    service, schedule, every = "leads", "key_keeper", timedelta(minutes=1)
    looks = (UNKEYED,)
    at_once = 500

    async def do(
        self,
        executor: Executor,  # noqa: ARG002 - keys are no command's
        system: Database,
        rows: Sequence[asyncpg.Record],
    ) -> None:
        made = [
            key_columns(keys_of(lead["company"], lead["phone"], lead["email"])) for lead in rows
        ]
        keys = (
            [each[name] for each in made]
            for name in ("phone_key", "email_key", "company_key", "company_tail")
        )
        named = ([lead[name] for lead in rows] for name in ("tenant_id", "id", "version"))
        async with system.system() as connection:
            await connection.execute(PUT_KEYS, *named, *keys)
