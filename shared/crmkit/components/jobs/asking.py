"""From what people send to what a job is to do: everything is checked before there is a job."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, Any

from pydantic import ValidationError

from crmkit.components.jobs import cells
from crmkit.components.jobs.commands import Asked
from crmkit.components.jobs.exporter import choose
from crmkit.components.jobs.models import JobKind
from crmkit.components.jobs.proposing import looks_like, propose, propose_key
from crmkit.components.jobs.references import told_by
from crmkit.components.jobs.schemas import ExportRequest, ImportOptions
from crmkit.components.jobs.sheets import Malformed, Sheet, inspect
from crmkit.components.jobs.subject import Jobs
from crmkit.components.views.saved import spelled_out
from crmkit.db.reading import Reading
from crmkit.kernel import ids
from crmkit.kernel.errors import Fault, Invalid
from crmkit.kernel.own import CUSTOM
from crmkit.web.bodies import parse
from crmkit.web.problems import Refusal, fault_code

_SHOWN = 3
_LONGEST_SAMPLE = 80
_DOCUMENTS = frozenset({"mapping", "defaults"})
_KEPT = frozenset({"mapping", "defaults", "key", "system"})


def options_of(given: Mapping[str, str]) -> ImportOptions:
    """The options of an import as a query or a form writes them; Invalid names the wrong one."""
    try:
        said: dict[str, Any] = {
            name: parse(text.encode()) if name in _DOCUMENTS else text
            for name, text in given.items()
        }
    except (Refusal, UnicodeError) as error:
        raise Invalid("mapping and defaults are JSON objects", code="import.options") from error
    try:
        return ImportOptions.model_validate(said)
    except ValidationError as error:
        faults = [
            Fault(
                "".join(f"/{part}" for part in each["loc"]), fault_code(each["type"]), each["msg"]
            )
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise Invalid("the options break a rule", code="import.options", faults=faults) from error


async def sheet_of(file: IO[bytes]) -> Sheet:
    """The file, read once from end to end in a thread; Invalid `import.malformed`."""
    try:
        return await asyncio.to_thread(inspect, file)
    except Malformed as error:
        raise Invalid(str(error), code="import.malformed") from error


async def ask_import(reading: Reading, jobs: Jobs, sheet: Sheet, options: ImportOptions) -> Asked:
    """An import of a file; Invalid where the options name columns or fields there are not."""
    options = await _filled_in(reading, jobs, options)
    fields = await _fields(reading, jobs)
    mapping = options.mapping
    if mapping is None:
        looks = {name: looks_like(texts) for name, texts in _samples(sheet).items()}
        mapping = propose(sheet.columns, fields, await _called(reading, jobs), looks)
    if not mapping:
        raise Invalid.field("mapping", "mapping.empty", "no column becomes a field")
    cells.columns_of(sheet.columns, mapping, fields)
    cells.demand_fields(options.defaults, fields)
    if options.key is not None and "external_id" not in jobs.taken.create[1].model_fields:
        raise Invalid.field("key", "import.keyless", "these records have no ids of other systems")
    if options.key is not None and options.key not in sheet.columns:
        raise Invalid.field("key", "mapping.unknown_column", "no such column")
    said = {
        "mapping": mapping,
        "defaults": options.defaults,
        "key": options.key,
        "system": options.system,
        "dry_run": options.dry_run,
        "columns": list(sheet.columns),
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
    }
    name = options.name or "import"
    return Asked(ids.new(), JobKind.IMPORT, name, sheet.format, said, sheet.total)


async def _filled_in(reading: Reading, jobs: Jobs, options: ImportOptions) -> ImportOptions:
    """What is left out is as in the earlier import that they name; Invalid where there is none."""
    if options.like is None:
        return options
    (earlier,) = await reading.by_ids(jobs.cls, [options.like])
    if earlier is None or earlier.kind is not JobKind.IMPORT:
        raise Invalid.field("like", "import.unknown", "no such import")
    kept = {name: earlier.options[name] for name in _KEPT - options.model_fields_set}
    return options.model_copy(update=kept)


async def ask_export(reading: Reading, jobs: Jobs, wanted: ExportRequest) -> Asked:
    """An export of a list; Invalid where the filter or a column is none of the list's."""
    asked = jobs.listing.parse(tuple(wanted.filter.items()))
    await jobs.listing.find(reading, replace(asked, limit=1, cursor=None, count=None))
    view = await spelled_out(jobs.listing, reading, wanted.filter)
    columns = wanted.columns or list(view.fields)
    choose(cells.heads_of(jobs.read, await jobs.own(reading)), columns)
    said = {"filter": dict(view.filter), "columns": columns}
    return Asked(ids.new(), JobKind.EXPORT, wanted.name, wanted.format, said)


async def proposal_of(reading: Reading, jobs: Jobs, sheet: Sheet) -> dict[str, Any]:
    """What each column of a file might be."""
    fields = await _fields(reading, jobs)
    samples = _samples(sheet)
    looks = {name: looks_like(texts) for name, texts in samples.items()}
    mapping = propose(sheet.columns, fields, await _called(reading, jobs), looks)
    columns = [
        {
            "column": name,
            "samples": [text[:_LONGEST_SAMPLE] for text in texts[:_SHOWN]],
            "looks_like": looks[name],
            "field": mapping.get(name),
        }
        for name, texts in samples.items()
    ]
    wanted = [
        name for name, each in jobs.taken.create[1].model_fields.items() if each.is_required()
    ]
    there = {field.partition(".")[0] for field in mapping.values()}
    there |= told_by(jobs.references, [*mapping.values()])
    return {
        "format": sheet.format,
        "encoding": sheet.encoding,
        "total": sheet.total,
        "columns": columns,
        "mapping": mapping,
        "key": _key(jobs, sheet, samples, mapping),
        "missing": [name for name in wanted if name not in there],
        "fields": list(fields),
    }


def _key(
    jobs: Jobs, sheet: Sheet, samples: Mapping[str, list[str]], mapping: Mapping[str, str]
) -> str | None:
    known = "external_id" in jobs.taken.create[1].model_fields
    return propose_key(sheet.columns, samples, mapping) if known else None


def _samples(sheet: Sheet) -> dict[str, list[str]]:
    """What the first rows say in each column."""
    return {
        name: [cells.plain(row[index]) if index < len(row) else "" for row in sheet.samples]
        for index, name in enumerate(sheet.columns)
    }


async def _fields(reading: Reading, jobs: Jobs) -> dict[str, cells.Reader]:
    known = await jobs.own(reading, fresh=True)
    active = {key: each for key, each in known.items() if each.active}
    return jobs.readers(active)


async def _called(reading: Reading, jobs: Jobs) -> dict[str, str]:
    """What people call the fields: the room's words, and the labels of the tenant's own."""
    known = await jobs.own(reading)
    own = {name: f"{CUSTOM}{key}" for key, each in known.items() for name in each.names}
    return dict(jobs.called) | own
