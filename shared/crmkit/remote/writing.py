"""One file of an import: its rows in batches, each of which becomes a record or is refused."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from crmkit.remote.api import Api
from crmkit.remote.files import Numbered
from crmkit.remote.mapping import BadRow, File, Known, Later, body, key_of
from crmkit.remote.merging import Merging
from crmkit.remote.refusals import MERGED, Refusals

_CHUNK = 500
_AT_ONCE = 2
_OUTCOMES = {"created": "created", "updated": "updated", "unchanged": "merged"}
_Ready = list[tuple[Numbered, dict[str, Any]]]


@dataclass(slots=True)
class Tally:
    """What became of a file's rows: rows = created + updated + merged + refused."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    refused: int = 0


@dataclass(slots=True)
class Writing:
    """The rows of one file; ids are kept only where `keeps` says that other rows ask for them."""

    api: Api
    system: str
    file: File
    known: Known
    refusals: Refusals
    keeps: bool
    merging: Merging | None = None
    tally: Tally = field(default_factory=Tally)

    async def write(self, rows: Iterable[Numbered]) -> None:
        """Every row, those that refer to later ones in their turn; none is left without a word."""
        before = -1
        while later := await self._write_some(rows):
            if len(later) == before:
                for numbered in later:
                    self._refuse(numbered, "reference.circular", "refers in a circle")
                return
            rows, before = later, len(later)

    async def _write_some(self, rows: Iterable[Numbered]) -> list[Numbered]:
        """Write what can be written; the rows that refer to others not written yet come back."""
        later: list[Numbered] = []
        repeated: list[Numbered] = []
        running: set[asyncio.Task[None]] = set()
        iterator = iter(rows)
        while chunk := list(islice(iterator, _CHUNK)):
            ready = self._ready(self._alone(chunk, repeated), later)
            if len(running) >= _AT_ONCE:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            if ready:
                running.add(asyncio.create_task(self._send(ready)))
        await asyncio.gather(*running)
        return later + (self._merge(self.merging, repeated) if self.merging else [])

    def _alone(self, chunk: list[Numbered], repeated: list[Numbered]) -> list[Numbered]:
        """The rows that stand for themselves; those that are one with an earlier one wait."""
        if self.merging is None:
            return chunk
        alone = []
        for numbered in chunk:
            first = self.merging.first_of(numbered)
            if first.number == numbered.number:
                alone.append(first)
            else:
                repeated.append(numbered)
        return alone

    def _merge(self, merging: Merging, repeated: list[Numbered]) -> list[Numbered]:
        """Give each the id of the row it is one with; those whose first row waits come back."""
        later = []
        for numbered in repeated:
            first = key_of(self.file, merging.first_of(numbered).row)
            ids = self.known.ids[self.file.name]
            if first in ids:
                ids[key_of(self.file, numbered.row)] = ids[first]
                self.tally.merged += 1
                if kept := merging.kept(numbered):
                    self.refusals.add(self.file.name, numbered, MERGED, f"not taken: {kept}")
            elif (self.file.name, first) in self.known.refused:
                self._refuse(numbered, "row.merged_refused", f"one with {first!r}: was refused")
            else:
                later.append(numbered)
        return later

    def _ready(self, rows: list[Numbered], later: list[Numbered]) -> _Ready:
        ready = []
        for numbered in rows:
            try:
                if numbered.fault:
                    raise BadRow(numbered.fault)
                ready.append((numbered, body(self.file, self.system, numbered.row, self.known)))
            except Later:
                later.append(numbered)
            except BadRow as error:
                self._refuse(numbered, "row.unreadable", str(error))
        return ready

    async def _send(self, ready: _Ready) -> None:
        sent = {"rows": [made for _, made in ready]}
        answer = await self.api.ask("POST", f"{self.file.to}/batch", json=sent)
        for (numbered, _), result in zip(ready, answer["rows"], strict=True):
            outcome = _OUTCOMES.get(result["outcome"])
            if outcome is None:
                problem = result.get("problem", {})
                reasons = [f"{f['pointer']}: {f['message']}" for f in problem.get("errors", ())]
                said = "; ".join([problem.get("detail", ""), *reasons])
                self._refuse(numbered, problem.get("code", result["outcome"]), said)
                continue
            setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)
            if self.keeps:
                self.known.ids[self.file.name][key_of(self.file, numbered.row)] = result["id"]

    def _refuse(self, numbered: Numbered, code: str, reason: str) -> None:
        self.tally.refused += 1
        with suppress(BadRow):
            if self.keeps:
                self.known.refused.add((self.file.name, key_of(self.file, numbered.row)))
        self.refusals.add(self.file.name, numbered, code, reason)
