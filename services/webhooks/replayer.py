"""Moves replays on: a schedule of the worker. All it knows is in rows, so it may die anywhere."""

from typing import Any

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel.actor import system as system_actor
from crmkit.settings import Settings
from services.webhooks import bodies
from services.webhooks.replay.commands import finish_replay
from services.webhooks.replay.statements import BATCH, DUE, PUT, WAITING


class Replayer:
    """Each turn queues the next batch of every running replay that has room for one."""

    def __init__(self, _: Settings) -> None:
        pass

    async def __call__(self, executor: Executor, system: Database) -> bool:
        async with system.system() as connection:
            due = await connection.fetch(DUE, WAITING)
        for replay in due:
            if replay["scanned"]:
                call = Call(system_actor(replay["tenant_id"]))
                await executor.write(call, finish_replay, replay["id"])
            else:
                await self.queue(system, replay)
        return bool(due)

    async def queue(self, system: Database, replay: Any) -> None:
        """Queue one batch, unless somebody else has done so meanwhile."""
        tenant_id, place = replay["tenant_id"], (replay["place_at"], replay["place_id"])
        async with system.system() as connection:
            found = await connection.fetch(BATCH, tenant_id, *place, replay["to_at"])
            last = (found[-1]["recorded_at"], found[-1]["id"]) if found else place
            shapes = [(row["id"], *bodies.shapes(row["body"])) for row in found]
            columns = [[row[n] for row in shapes] for n in range(4)]
            await connection.execute(
                PUT, tenant_id, replay["id"], *place, *last, not found, *columns
            )
