"""`crm import`: stream somebody's files through the API, losing no row silently."""

import asyncio
import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.progress import Progress, TaskID

from crmkit.remote.api import Api, Refused
from crmkit.remote.mapping import BadRow, File, Known, Later, Row, Source, body, column

_CHUNK = 500
_AT_ONCE = 2
_SURPLUS = "surplus values"
_OUTCOMES = {"created": "created", "updated": "updated", "unchanged": "merged"}


@dataclass(slots=True)
class Tally:
    """What became of a file's rows: rows = created + updated + merged + refused."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row and its line in the file; the header is line 1."""

    line: int
    row: Row


@dataclass(slots=True)
class Import:
    """One run of one mapping over one folder."""

    api: Api
    source: Source
    folder: Path
    errors: Path
    progress: Progress
    known: Known = field(default_factory=lambda: Known(ZoneInfo("UTC")))
    tallies: dict[str, Tally] = field(default_factory=dict)
    _refusals: list[list[str]] = field(default_factory=list)

    async def run(self) -> dict[str, Tally]:
        """Write every file, in order; refused rows go to the error file with their reason."""
        await self._tenant()
        try:
            for file in self.source.files:
                await self.api.settle()
                await self._write_file(file)
        finally:
            self._report()
        return self.tallies

    async def _tenant(self) -> None:
        tenant = await self.api.find("/v1/tenant")
        if tenant is None and self.source.tenant:
            tenant = await self.api.ask("PUT", "/v1/tenant", json=dict(self.source.tenant))
        if tenant is not None:
            self.known.zone = ZoneInfo(tenant["time_zone"])

    async def _write_file(self, file: File) -> None:
        tally = self.tallies[file.name] = Tally()
        self.known.ids.setdefault(file.name, {})
        path = (self.folder / file.name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise Refused(f"{file.name!r} lies outside of the folder")
        if self._is_looked_up(file.name):
            self.known.rows[file.name] = {
                r.row[file.key].strip(): r.row for r in _rows(path, file) if file.key in r.row
            }
        bar = self.progress.add_task(file.name, total=_size(path))
        waiting: Iterable[Numbered] = _rows(path, file, self.progress, bar)
        before = -1
        while later := await self._write_rows(file, waiting, tally):
            if len(later) == before:
                for numbered in later:
                    self._refuse(file, numbered, "reference.circular", "refers in a circle")
                break
            waiting, before = later, len(later)
            tally.rows -= before
        self.progress.update(bar, completed=_size(path))

    async def _write_rows(
        self, file: File, rows: Iterable[Numbered], tally: Tally
    ) -> list[Numbered]:
        """Write what can be written; the rows that refer to others not written yet come back."""
        later: list[Numbered] = []
        running: set[asyncio.Task[None]] = set()
        iterator = iter(rows)
        while chunk := list(islice(iterator, _CHUNK)):
            tally.rows += len(chunk)
            ready = self._ready(file, chunk, later)
            if len(running) >= _AT_ONCE:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            if ready:
                running.add(asyncio.create_task(self._send(file, ready, tally)))
        await asyncio.gather(*running)
        return later

    def _ready(
        self, file: File, chunk: list[Numbered], later: list[Numbered]
    ) -> list[tuple[Numbered, dict[str, Any]]]:
        ready = []
        for numbered in chunk:
            try:
                whole = _whole(numbered.row)
                ready.append((numbered, body(file, self.source.system, whole, self.known)))
            except Later:
                later.append(numbered)
            except BadRow as error:
                self._refuse(file, numbered, "row.unreadable", str(error))
        return ready

    async def _send(
        self, file: File, ready: list[tuple[Numbered, dict[str, Any]]], tally: Tally
    ) -> None:
        sent = {"rows": [made for _, made in ready]}
        answer = await self.api.ask("POST", f"{file.to}/batch", json=sent)
        for (numbered, _), result in zip(ready, answer["rows"], strict=True):
            outcome = _OUTCOMES.get(result["outcome"])
            if outcome is None:
                problem = result.get("problem", {})
                reasons = [f"{f['pointer']}: {f['message']}" for f in problem.get("errors", ())]
                said = "; ".join([problem.get("detail", ""), *reasons])
                self._refuse(file, numbered, problem.get("code", result["outcome"]), said)
                continue
            setattr(tally, outcome, getattr(tally, outcome) + 1)
            self.known.ids[file.name][column(file.key, numbered.row)] = result["id"]

    def _refuse(self, file: File, numbered: Numbered, code: str, reason: str) -> None:
        self.tallies[file.name].refused += 1
        with suppress(BadRow):
            self.known.refused.add((file.name, column(file.key, numbered.row)))
        raw = json.dumps(numbered.row, ensure_ascii=False)
        self._refusals.append([file.name, str(numbered.line), code, reason, raw])

    def _report(self) -> None:
        if not self._refusals:
            return
        with self.errors.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["file", "line", "code", "reason", "row"])
            writer.writerows(self._refusals)

    def _is_looked_up(self, name: str) -> bool:
        """Whether rows of the file are referred to; only then are they kept in memory."""
        return any(
            name in (rule.get("ref"), rule.get("from"))
            for file in self.source.files
            for rule in _rules(file)
        )


def _rules(file: File) -> Iterator[dict[str, Any]]:
    for fields in (file.fields, *(step.fields for step in file.then)):
        for rule in fields.values():
            if isinstance(rule, dict):
                yield rule
                if isinstance(rule.get("amount"), dict):
                    yield rule["amount"]


def _whole(row: Row) -> Row:
    """The row; BadRow where it has more or fewer values than the file has columns."""
    if _SURPLUS in row:
        raise BadRow("there are more values than columns")
    if None in row.values():
        raise BadRow("there are fewer values than columns")
    return row


def _rows(
    path: Path, file: File, progress: Progress | None = None, bar: TaskID | None = None
) -> Iterator[Numbered]:
    """Row by row; Refused where the file cannot be read to its end."""
    unpacked = gzip.open if path.suffix == ".gz" else open
    try:
        with unpacked(path, "rt", newline="", encoding=file.encoding) as stream:
            reader = csv.DictReader(stream, restkey=_SURPLUS)
            for row in reader:
                if progress is not None and bar is not None:
                    progress.advance(bar, sum(len(value or "") + 1 for value in row.values()))
                yield Numbered(reader.line_num, row)
    except (OSError, UnicodeError, LookupError, csv.Error) as error:
        raise Refused(f"{path} cannot be read: {error}") from error


def _size(path: Path) -> int:
    """Bytes; Refused where there is no such file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
