"""Files in the database: pieces of a MiB each, which every worker can reach."""

from collections.abc import AsyncIterator
from typing import IO
from uuid import UUID

from crmkit.components.jobs.models import Job, PartKind
from crmkit.components.jobs.subject import Bench, Lost
from crmkit.kernel import clock, ids

PIECE = 1024 * 1024


async def pieces(bench: Bench, job: Job, kind: PartKind) -> AsyncIterator[bytes]:
    """The parts of one kind, in order."""
    number = 0
    while (found := await bench.part(job.id, kind, number)) is not None:
        number = found[0] + 1
        yield found[1]


async def store(bench: Bench, owner_id: UUID, kind: PartKind, file: IO[bytes]) -> None:
    """Keep a file, piece by piece; where no job comes to be its owner it goes after an hour."""
    sql, tenant, now = bench.jobs.sql, bench.reading.tenant_id, clock.now()
    file.seek(0)
    async with bench.executor.database.lend(tenant) as connection:
        number = 0
        while piece := file.read(PIECE):
            await connection.execute(
                sql["put"], tenant, owner_id, kind.value, ids.new(), now, number, piece
            )
            number += 1


async def forget(bench: Bench, owner_id: UUID, kind: PartKind) -> None:
    """Let go of a file that nobody is to own."""
    tenant = bench.reading.tenant_id
    async with bench.executor.database.lend(tenant) as connection:
        await connection.execute(bench.jobs.sql["drop"], tenant, owner_id, kind.value)


async def replace_file(bench: Bench, job: Job, file: IO[bytes]) -> None:
    """Make this the job's file, whole; Lost where the job has moved.

    The pieces are stored under an owner of their own first, for they may take longer than a
    transaction lives; all of them change hands in one, so that no two workers' pieces ever mix.
    """
    sql, tenant, kind = bench.jobs.sql, bench.reading.tenant_id, PartKind.FILE
    attempt = ids.new()
    try:
        await store(bench, attempt, kind, file)
        held = await bench.executor.database.together(
            tenant,
            (sql["lock"], job.id, job.version),
            (sql["drop"], job.id, kind.value),
            (sql["take"], attempt, kind.value, job.id),
        )
        if not held:
            raise Lost
    finally:
        await forget(bench, attempt, kind)
