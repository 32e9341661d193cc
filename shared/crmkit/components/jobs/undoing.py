"""撤销导入 an import is taken back, a part of its results and its progress in one statement."""

from collections.abc import Sequence
from uuid import UUID

from crmkit.components.jobs.importer import DECODE
from crmkit.components.jobs.models import Job, JobState, PartKind
from crmkit.components.jobs.subject import Bench
from crmkit.db.failures import has_to_wait
from crmkit.db.joining import join
from crmkit.db.writing import Tx
from crmkit.kernel.errors import Conflict, CrmError

_TRIES = 5
Made = tuple[UUID, int]
"""A record, and the version the import left it at."""


async def undo_some(bench: Bench, job: Job) -> Job:
    """Delete what one part tells of, as far as it is as the import left it."""
    found = await bench.part(job.id, PartKind.RESULT, int(job.mark or 0))
    if found is None:
        return await bench.end(job, JobState.UNDONE)
    number, data = found
    return await _take_back(bench, job, DECODE(data).made, str(number + 1))


async def _take_back(
    bench: Bench, job: Job, made: Sequence[Made], mark: str | None, tries: int = _TRIES
) -> Job:
    """The job with these records gone, and with the mark; Lost where the job has moved.

    Where one record stands in another's way they go in halves, down to one by one: each is then
    decided on what those before it have left. The mark moves with the last of them, so that who is
    killed between two halves finds those of the first gone, and counted.
    """
    gone = await _decide(bench, made)
    try:
        return await _commit(bench, job, [*gone.values()], mark)
    except CrmError as error:
        if has_to_wait(error):
            raise
        await bench.demand_held(job)
    left = [*gone]
    if len(left) > 1:
        half = len(left) // 2
        job = await _take_back(bench, job, left[:half], job.mark)
        return await _take_back(bench, job, left[half:], mark)
    if tries:
        return await _take_back(bench, job, left, mark, tries - 1)
    return await _commit(bench, job, [], mark)


async def _decide(bench: Bench, made: Sequence[Made]) -> dict[Made, Tx]:
    """What would delete each record that nobody has touched; the others are left out."""
    remove = bench.jobs.remove
    if remove is None:
        raise LookupError(f"{bench.jobs.cls.__name__}: nothing is taken back")
    gone = {}
    for record_id, version in made:
        tx = bench.open()
        try:
            await remove(tx, record_id)
        except CrmError as error:
            if has_to_wait(error):
                raise
            continue
        if tx.changes[bench.jobs.listing.cls, record_id].base_version == version:
            gone[record_id, version] = tx
    return gone


async def _commit(bench: Bench, job: Job, gone: list[Tx], mark: str | None) -> Job:
    tx = bench.open()
    if not join(tx, gone):
        raise Conflict("records stand in each other's way", code="undo.crossed")
    undone = job.undone + len(gone)
    after = bench.advance(tx, job, state=JobState.UNDOING, undone=undone, mark=mark)
    await bench.executor.commit(tx)
    return after
