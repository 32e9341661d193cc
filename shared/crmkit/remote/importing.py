"""`crm import`: stream somebody's files through the API, losing no row silently."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.progress import Progress

from crmkit.remote.api import Api, Refused
from crmkit.remote.files import Numbered, Rows
from crmkit.remote.headers import demand_columns
from crmkit.remote.mapping import BadRow, File, Known, Source, key_of
from crmkit.remote.merging import Merging
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally, Writing

_MOST_FIELDS = 200


@dataclass(slots=True)
class Import:
    """One run of one mapping over one folder; a second one changes nothing, so it goes on."""

    api: Api
    source: Source
    folder: Path
    refusals: Refusals
    progress: Progress
    known: Known = field(default_factory=lambda: Known(ZoneInfo("UTC")))
    tallies: dict[str, Tally] = field(default_factory=dict)

    async def run(self) -> dict[str, Tally]:
        """Write every file, in order; refused rows go to the error file with their reason.

        Refused before anything is written where one of them cannot be read, or lacks a column.
        """
        with ExitStack() as opened:
            files = [(file, opened.enter_context(self._open(file))) for file in self.source.files]
            demand_columns([(file, rows.sheet.columns) for file, rows in files])
            opened.enter_context(self.refusals)
            await self._tenant()
            for file, rows in files:
                await self.api.settle()
                await self._own_fields(file)
                await self._write_file(file, rows)
        return self.tallies

    async def _tenant(self) -> None:
        tenant = await self.api.find("/v1/tenant")
        if tenant is None and self.source.tenant:
            tenant = await self.api.ask("PUT", "/v1/tenant", json=dict(self.source.tenant))
        if tenant is not None:
            self.known.zone = ZoneInfo(tenant["time_zone"])

    async def _own_fields(self, file: File) -> None:
        """自定义字段 make the tenant's own fields that the mapping needs, where there are none."""
        wanted = {key: rule for key, rule in file.custom.items() if "kind" in rule}
        if not wanted:
            return
        at = f"{file.to}/custom-fields"
        found = await self.api.ask("GET", at, params={"limit": _MOST_FIELDS})
        there = {each["key"] for each in found["items"]}
        for key, rule in wanted.items():
            if key in there:
                continue
            labels = {"label_zh": rule["zh"], "label_en": rule.get("en", rule["column"])}
            await self.api.ask("POST", at, json={"key": key, "kind": rule["kind"], **labels})

    def _open(self, file: File) -> Rows:
        path = (self.folder / file.name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise Refused(f"{file.name!r} lies outside of the folder")
        return Rows(path, file.encoding)

    async def _write_file(self, file: File, rows: Rows) -> None:
        writing = self._writing(file, rows)
        self.tallies[file.name] = writing.tally
        await writing.write(self._counted(file, rows, writing.tally))

    def _writing(self, file: File, rows: Rows) -> Writing:
        looked_up = self._is_looked_up(file.name)
        merging = Merging(file, rows) if file.same else None
        self.known.ids.setdefault(file.name, {})
        if looked_up:
            self.known.rows[file.name] = dict(_keyed(file, rows))
        return Writing(
            self.api,
            self.source.system,
            file,
            self.known,
            self.refusals,
            keeps=looked_up or merging is not None,
            merging=merging,
        )

    def _counted(self, file: File, rows: Rows, tally: Tally) -> Iterator[Numbered]:
        bar = self.progress.add_task(file.name, total=rows.sheet.total)
        for numbered in rows:
            tally.rows += 1
            self.progress.update(bar, completed=numbered.number - 1)
            yield numbered
        self.progress.update(bar, completed=rows.sheet.total)

    def _is_looked_up(self, name: str) -> bool:
        """Whether rows of the file are referred to; only then are they kept in memory."""
        return any(
            name in (rule.get("ref"), rule.get("from"))
            for file in self.source.files
            for rule in _rules(file)
        )


def _keyed(file: File, rows: Iterable[Numbered]) -> Iterator[tuple[str, Any]]:
    for numbered in rows:
        try:
            yield key_of(file, numbered.row), numbered.row
        except BadRow:
            continue


def _rules(file: File) -> Iterator[dict[str, Any]]:
    for fields in (file.fields, file.custom, *(step.fields for step in file.then)):
        for rule in fields.values():
            if isinstance(rule, dict):
                yield rule
                if isinstance(rule.get("amount"), dict):
                    yield rule["amount"]
