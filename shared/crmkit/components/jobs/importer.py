"""导入 rows of a file become records, a batch and the job's progress in one statement."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from fastapi.exceptions import RequestValidationError

from crmkit.components.batch import (
    REFUSED,
    BatchRow,
    Decided,
    Refused,
    decide_rows,
)
from crmkit.components.jobs import cells
from crmkit.components.jobs.models import Job, JobState, PartKind, Place, attach
from crmkit.components.jobs.references import resolve
from crmkit.components.jobs.subject import Bench, threaded
from crmkit.db.failures import has_to_wait
from crmkit.db.joining import join
from crmkit.kernel.errors import Conflict, CrmError, Invalid, Stale

BATCH = 500
BATCH_BYTES = 1024 * 1024
"""Of a batch's cells as UTF-8, and what fills them up: its statement is a few times as large."""
_TRIES = 5
Row = tuple[int, Sequence[Any]]
"""The number of a row in its file, the header being 1, and its cells."""


class Result(msgspec.Struct):
    """What became of some rows: records made, with their versions, and rows refused."""

    made: list[tuple[UUID, int]] = []
    refused: list[tuple[int, str, str, list[str]]] = []


ENCODE = msgspec.json.Encoder().encode
DECODE = msgspec.json.Decoder(Result).decode


class Importer:
    """One import at one bench."""

    def __init__(self, bench: Bench, columns: list[cells.Column], zone: Any) -> None:
        self.bench = bench
        self.columns = columns
        self.zone = zone

    @classmethod
    async def of(cls, bench: Bench, job: Job) -> "Importer":
        """Invalid where fields that the mapping names are gone meanwhile."""
        known = await bench.jobs.own(bench.reading)
        fields = bench.jobs.readers(known)
        options = job.options
        columns = cells.columns_of(options["columns"], options["mapping"], fields)
        return cls(bench, columns, await bench.zone())

    async def put(
        self, job: Job, rows: list[Row], tries: int = _TRIES, *, fresh: bool = False
    ) -> Job:
        """These rows written, with the job's progress; Lost where the job has moved.

        Where one row stands in another's way they are written in halves, down to one by one: each
        is then decided on what those before it have written, and on nothing remembered.
        """
        outcomes = await self._decide(job, rows, fresh=fresh)
        try:
            return await self._commit(job, rows, outcomes)
        except Stale as error:
            await self.bench.demand_held(job)
            refusal: CrmError = error
        except CrmError as error:
            if has_to_wait(error):
                raise
            refusal, tries = error, 0
        if len(rows) == 1:
            if tries:
                return await self.put(job, rows, tries - 1, fresh=True)
            return await self._commit(job, rows, [refusal])
        half = len(rows) // 2
        job = await self.put(job, rows[:half], fresh=True)
        return await self.put(job, rows[half:], fresh=True)

    async def _decide(
        self, job: Job, rows: list[Row], *, fresh: bool
    ) -> list[Decided | Refused | None]:
        """None of an empty row."""
        outcomes: list[Decided | Refused | None] = [None] * len(rows)
        bodies: dict[int, dict[str, Any]] = {}
        for place, (_, row) in enumerate(rows):
            try:
                if any(map(cells.plain, row)):
                    bodies[place] = self._body(job, row)
            except CrmError as error:
                outcomes[place] = error
        bench, bulk = self.bench, self.bench.jobs.taken
        named = bench.jobs.references
        nameless = await resolve(bench.reading, named, job.options["system"], bodies)
        for place, refusal in nameless.items():
            outcomes[place] = refusal
            del bodies[place]
        sent = [BatchRow(body, body.pop(cells.HAPPENED, None)) for body in bodies.values()]
        decided = await decide_rows(bench, bulk, bench.call, sent, fresh=fresh)
        for place, outcome in zip(bodies, decided, strict=True):
            if isinstance(outcome, BaseException) and has_to_wait(outcome):
                raise outcome
            outcomes[place] = outcome
        return outcomes

    def _body(self, job: Job, row: Sequence[Any]) -> dict[str, Any]:
        options = job.options
        if len(row) > len(options["columns"]) and any(
            map(cells.plain, row[len(options["columns"]) :])
        ):
            raise Invalid("the row has more cells than there are columns", code="row.too_long")
        body = cells.record_of(row, self.columns, options["defaults"], self.zone)
        if options["key"] is not None:
            place = options["columns"].index(options["key"])
            known = cells.plain(row[place]) if place < len(row) else ""
            if not known:
                raise Invalid("the row has no key", code="row.no_key")
            body |= {"external_system": options["system"], "external_id": known}
        return body

    async def _commit(
        self, job: Job, rows: list[Row], outcomes: Sequence[Decided | Refused | None]
    ) -> Job:
        tx = self.bench.open()
        accepted = [one for one in outcomes if isinstance(one, Decided)]
        dry = job.options["dry_run"]
        if not dry and not join(tx, [one.tx for one in accepted]):
            raise Conflict("rows stand in each other's way", code="import.crossed")
        made = [one for one in accepted if one.outcome == "created"]
        result = Result(
            [] if dry else [(one.row.id, one.row.version) for one in made],
            [
                (number, *_reason(one), [cells.plain(cell) for cell in row])
                for (number, row), one in zip(rows, outcomes, strict=True)
                if isinstance(one, REFUSED)
            ],
        )
        if result.made or result.refused:
            place = Place(job.id, PartKind.RESULT, job.done)
            attach(tx, self.bench.jobs.part, place, ENCODE(result))
        after = self.bench.advance(
            tx,
            job,
            done=job.done + len(rows),
            created=job.created + len(made),
            updated=job.updated + sum(one.outcome == "updated" for one in accepted),
            refused=job.refused + len(result.refused),
        )
        await self.bench.executor.commit(tx)
        return after


async def import_some(importer: Importer, job: Job, rows: Iterator[Row]) -> Job:
    """The next batch; the job is done where no rows are left."""
    filling = len(ENCODE(job.options["defaults"]))
    batch = await importer.bench.holding(job, threaded(take_batch, rows, filling))
    if batch:
        return await importer.put(job, batch)
    return await importer.bench.end(job, JobState.DONE, total=job.done)


def take_batch(rows: Iterator[Row], filling: int = 0) -> list[Row]:
    """The next rows up to one of the bounds, each row being `filling` bytes more than its cells."""
    batch: list[Row] = []
    weight = 0
    while len(batch) < BATCH and weight < BATCH_BYTES and (row := next(rows, None)) is not None:
        batch.append(row)
        weight += filling + sum(len(cells.plain(cell).encode()) for cell in row[1])
    return batch


def _reason(refused: Refused) -> tuple[str, str]:
    """The code and the sentence a refused row is told with."""
    if isinstance(refused, RequestValidationError):
        found = [(".".join(map(str, each["loc"][1:])), each["msg"]) for each in refused.errors()]
        return "row.invalid", "; ".join(f"{field}: {says}" for field, says in found)[:1000]
    if refused.faults:
        return refused.faults[0].code, "; ".join(fault.message for fault in refused.faults)[:1000]
    return refused.code, refused.detail
