"""REST of jobs: `/v1/<plural>/imports` and `/exports`."""

import asyncio
import csv
import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import IO, Any, cast
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from crmkit.components.jobs.asking import ask_export, ask_import, options_of, proposal_of, sheet_of
from crmkit.components.jobs.commands import Asked
from crmkit.components.jobs.importer import DECODE
from crmkit.components.jobs.models import UNFINISHED, Job, JobKind, JobState, PartKind
from crmkit.components.jobs.pieces import forget, pieces, store
from crmkit.components.jobs.schemas import ExportRequest, ImportProposal, JobRead
from crmkit.components.jobs.subject import Bench, Jobs, actor_of
from crmkit.db.executor import Call, IdempotencyKey
from crmkit.db.listing import Found
from crmkit.db.rows import plan
from crmkit.kernel.access import Scope
from crmkit.kernel.errors import Conflict, CrmError, Forbidden, NotFound
from crmkit.kernel.formulas import harmless
from crmkit.kernel.interval import Interval
from crmkit.web.answers import Page, encode
from crmkit.web.asof import present_only
from crmkit.web.bodies import refuse
from crmkit.web.edge import Edge, EdgeContext, demand_key
from crmkit.web.gate import demand_still
from crmkit.web.problems import Refusal
from crmkit.web.streams import EventStream, beating, last_seen

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM = "multipart/form-data"
_RAW = ("text/csv", _SPREADSHEET, "application/octet-stream")
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": _SPREADSHEET}
_IN_MEMORY = 1024 * 1024
_POLL, _LONGEST = 0.3, timedelta(minutes=10)
_OPTIONS = {
    "mapping": "JSON object from column to field; `propose` only tells what it might be",
    "defaults": "JSON object from field to what it is where a row leaves it out",
    "key": "the column that holds the record's id in `system`; known records are updated",
    "system": "the system the key is of; `import` if left out",
    "like": "an earlier import of yours; what is left out of the four above is as it was there",
    "dry_run": "`true`: check every row, write none",
    "name": "what the file is called",
}
_BINARY = {"type": "string", "format": "binary"}
_TEXT = {"type": "string", "maxLength": 4000}
_NAME = {"type": "string", "maxLength": 200}
_CODE = {"type": "string", "maxLength": 64, "pattern": "^[a-z0-9][a-z0-9_.-]*$"}
_ID = {"type": "string", "format": "uuid"}
_FIELDS = dict.fromkeys(_OPTIONS, _TEXT) | {
    "key": _NAME,
    "name": _NAME,
    "system": _CODE,
    "like": _ID,
}
_BODY = {media: {"schema": _BINARY} for media in _RAW} | {
    _FORM: {
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["file"],
            "properties": {"file": _BINARY} | _FIELDS,
        }
    }
}
_DOCUMENTED: dict[str, Any] = {
    "requestBody": {"required": True, "content": _BODY},
    "parameters": [
        {"name": name, "in": "query", "description": says, "schema": _FIELDS[name]}
        for name, says in _OPTIONS.items()
    ],
}
_OF_A_TEAM = {Scope.TEAM, Scope.SUBTREE}


def jobs_of(router: APIRouter, jobs: Jobs, listing: Any) -> None:
    """Add `/imports` and `/exports` to a room's router; call it before its `/{id}` routes."""
    for kind in jobs.kinds:
        inner = APIRouter(prefix=f"{router.prefix}/{kind.value}s", tags=router.tags)
        _asking(inner, jobs, kind)
        _looking(inner, jobs, kind, listing)
        if kind is JobKind.IMPORT:
            _importing(inner, jobs)
        else:
            _exporting(inner, jobs)
        router.routes.extend(inner.routes)


def _asking(inner: APIRouter, jobs: Jobs, kind: JobKind) -> None:
    async def create_import(edge: Edge) -> Response:
        """Bring a file; `mapping=propose` only tells what its columns might be, with 200."""
        return await _create_import(edge, jobs)

    async def create_export(wanted: ExportRequest, edge: Edge) -> Response:
        """Ask for a file of a list, as it is when the worker comes to it."""
        asked = await ask_export(edge.reading, jobs, wanted)
        return edge.created(JobRead, await edge.write(jobs.commands.request, asked))

    if kind is JobKind.EXPORT:
        inner.add_api_route(
            "",
            create_export,
            methods=["POST"],
            status_code=201,
            response_model=JobRead,
            name=f"create_{_subject(jobs)}_export",
        )
        return
    inner.add_api_route(
        "",
        create_import,
        methods=["POST"],
        status_code=201,
        response_model=JobRead,
        responses={200: {"model": ImportProposal}},
        openapi_extra=_DOCUMENTED,
        name=f"create_{_subject(jobs)}_import",
        summary="Bring a CSV or XLSX file, of up to a million rows",
    )


def _looking(inner: APIRouter, jobs: Jobs, kind: JobKind, listing: Any) -> None:
    documented = listing.openapi()
    documented["parameters"] = [p for p in documented["parameters"] if p["name"] != "kind"]

    async def mine(edge: EdgeContext, job_id: UUID) -> Job:
        return await _job(edge, jobs, kind, job_id)

    @inner.get(
        "",
        response_model=Page[JobRead],
        openapi_extra=documented,
        name=f"list_{_subject(jobs)}_{kind.value}s",
    )
    async def list_jobs(edge: Edge) -> Response:
        asked = [*edge.request.query_params.multi_items(), ("kind", kind.value)]
        found: Found = await listing.find(edge.reading, listing.parse(asked))
        return edge.page(JobRead, jobs.cls, found)

    @inner.get("/{job_id}", response_model=JobRead, name=f"get_{_subject(jobs)}_{kind.value}")
    async def get_job(job_id: UUID, edge: Edge) -> Response:
        return edge.shown(JobRead, await mine(edge, job_id))

    @inner.post(
        "/{job_id}/cancel", response_model=JobRead, name=f"cancel_{_subject(jobs)}_{kind.value}"
    )
    async def cancel_job(job_id: UUID, edge: Edge) -> Response:
        """Stop at the row it has come to; what is written stays."""
        await mine(edge, job_id)
        return edge.changed(JobRead, await edge.write(jobs.commands.cancel, job_id))

    @inner.get(
        "/{job_id}/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
        name=f"stream_{_subject(jobs)}_{kind.value}",
        summary="Progress as server-sent events, until the job has ended",
    )
    @present_only
    async def stream_job(job_id: UUID, edge: Edge) -> Response:
        """`id` is the job's version, `event` its state; one that was seen is not told again."""
        progress = _progress(edge, await mine(edge, job_id), last_seen(edge.request))
        return EventStream(edge.actor, beating(progress, edge.request.scope))


def _importing(inner: APIRouter, jobs: Jobs) -> None:
    csv_text: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}}
    }

    @inner.get(
        "/{job_id}/errors",
        response_class=StreamingResponse,
        responses=csv_text,
        name=f"read_{_subject(jobs)}_import_errors",
    )
    @present_only
    async def read_import_errors(job_id: UUID, edge: Edge) -> Response:
        job = await _job(edge, jobs, JobKind.IMPORT, job_id)
        name = {"content-disposition": 'attachment; filename="errors.csv"'}
        bench = Bench.of(jobs, edge.executor, job)
        return StreamingResponse(_errors(bench, job), media_type=_TYPES["csv"], headers=name)

    if jobs.remove is None:
        return

    @inner.post("/{job_id}/undo", response_model=JobRead, name=f"undo_{_subject(jobs)}_import")
    async def undo_import(job_id: UUID, edge: Edge) -> Response:
        """Delete what an import created, as far as nobody has touched it since."""
        await _job(edge, jobs, JobKind.IMPORT, job_id)
        return edge.changed(JobRead, await edge.write(jobs.commands.undo, job_id))


def _exporting(inner: APIRouter, jobs: Jobs) -> None:
    content = {media.split(";")[0]: {"schema": _BINARY} for media in _TYPES.values()}

    early = {"$ref": "#/components/responses/Conflict"}

    @inner.get(
        "/{job_id}/file",
        response_class=StreamingResponse,
        responses={200: {"content": content}, 409: early},
        name=f"read_{_subject(jobs)}_export_file",
    )
    @present_only
    async def read_export_file(job_id: UUID, edge: Edge) -> Response:
        job = await _job(edge, jobs, JobKind.EXPORT, job_id)
        if job.state is not JobState.DONE:
            raise Conflict(f"the export is {job.state.value}", code="job.not_done")
        _demand_same_rights(edge, jobs, job)
        bench = Bench.of(jobs, edge.executor, job)
        if await bench.part(job.id, PartKind.FILE, 0) is None:
            raise NotFound("the file is kept for a week", code="job.file_gone")
        name = {"content-disposition": f'attachment; filename="export.{job.format}"'}
        body = pieces(bench, job, PartKind.FILE)
        return StreamingResponse(body, media_type=_TYPES[job.format], headers=name)


def _subject(jobs: Jobs) -> str:
    """What the jobs are about: `lead`."""
    return plan(jobs.listing.cls).table


async def _job(edge: EdgeContext, jobs: Jobs, kind: JobKind, job_id: UUID) -> Job:
    job: Job = await edge.reading.get(jobs.cls, job_id)
    if job.kind is not kind:
        table = plan(jobs.cls).table
        raise NotFound.of(table)
    return job


def _demand_same_rights(edge: EdgeContext, jobs: Jobs, job: Job) -> None:
    """Whoever sees less by now than the job did, when it ran, does not get its file."""
    policy, table = edge.reading.policy, plan(jobs.listing.cls).table
    then = actor_of(job)
    had, has = (policy.scope(actor, table, "read") for actor in (then, edge.actor))
    moved = had in _OF_A_TEAM and edge.actor.team != job.team
    if moved or has < had or not policy.masks(edge.actor, table) <= policy.masks(then, table):
        raise Forbidden("your roles have changed: export again", code="job.rights_changed")


async def _create_import(edge: EdgeContext, jobs: Jobs) -> Response:
    edge.reading.policy.demand(edge.actor, plan(jobs.listing.cls).table, "create")
    key = edge.request.headers.get("idempotency-key")
    if key is not None:
        demand_key(key)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        given = await _received(edge, file)
        await demand_still(edge.request.scope)  # it may have taken minutes
        only_propose = given.get("mapping") == "propose"
        options = options_of(given if not only_propose else {})
        sheet = await sheet_of(file)
        if only_propose:
            return edge.plain(await proposal_of(edge.reading, jobs, sheet))
        asked = await ask_import(edge.reading, jobs, sheet, options)
        call = await edge.call(None, None)
        if key is not None:
            route = f"POST {edge.request.url.path}"
            digest = await asyncio.to_thread(_digest, file, given)
            call = replace(call, idempotency=IdempotencyKey(route, key, digest))
        return edge.created(JobRead, await _keep(edge, jobs, call, asked, file))


async def _keep(edge: EdgeContext, jobs: Jobs, call: Call, asked: Asked, file: IO[bytes]) -> Job:
    """The job, with its file; where it is refused, or was asked for before, nothing is stored."""
    request = jobs.commands.request
    earlier = await edge.executor.earlier(call, request)
    if earlier is not None:
        edge.replayed = True
        return cast("Job", earlier.row)
    await jobs.commands.demand_room(edge.reading)
    bench = Bench(jobs, edge.executor, edge.actor, edge.reading, call)
    await store(bench, asked.id, PartKind.UPLOAD, file)
    try:
        job: Job = await edge.run(call, request, asked)
    except CrmError:
        await forget(bench, asked.id, PartKind.UPLOAD)
        raise
    if job.id != asked.id:
        await forget(bench, asked.id, PartKind.UPLOAD)
    return job


async def _received(edge: EdgeContext, file: IO[bytes]) -> dict[str, str]:
    """Spool the upload; the options that came with it."""
    request = edge.request
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    given = dict(request.query_params.multi_items())
    if media in _RAW:
        async for chunk in request.stream():
            file.write(chunk)
        return given
    if media != _FORM:
        raise Refusal(415, f"send {', '.join((*_RAW, _FORM))}", code="body.media_type")
    try:
        return given | await _filled_in(request, file)
    except Refusal:
        raise
    except (MultiPartException, HTTPException):  # the latter where an app is in the scope
        refuse("the form is broken, or has more than one file")


async def _filled_in(request: Request, file: IO[bytes]) -> dict[str, str]:
    """The fields of a form; its file is spooled."""
    given = {}
    async with request.form(max_files=1, max_fields=len(_OPTIONS)) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                given[name] = value
                continue
            while chunk := await value.read(_IN_MEMORY):
                file.write(chunk)
    return given


def _digest(file: IO[bytes], given: Mapping[str, str]) -> bytes:
    said = hashlib.sha256(encode(dict(sorted(given.items()))))
    file.seek(0)
    while block := file.read(_IN_MEMORY):
        said.update(block)
    return said.digest()


async def _progress(edge: EdgeContext, job: Job, told: int | None) -> AsyncIterator[bytes]:
    """One event a version, nothing where there is no new one; ends with the job."""
    longest = Interval(_LONGEST)
    longest.restart()
    while True:
        if job.version == told:
            yield b""
        else:
            told = job.version
            head = f"id: {told}\nevent: {job.state.value}\ndata: ".encode()
            yield head + encode(JobRead.of(job)) + b"\n\n"
        if job.state not in UNFINISHED or longest.due:
            return
        await asyncio.sleep(_POLL)
        try:
            job = await edge.reading.get(type(job), job.id)
        except NotFound:
            return


async def _errors(bench: Bench, job: Job) -> AsyncIterator[bytes]:
    """The refused rows as they were sent, with their numbers and why."""
    head = ["row", "code", "reason", *job.options["columns"]]
    yield b"\xef\xbb\xbf" + _line(head)
    async for data in pieces(bench, job, PartKind.RESULT):
        for number, code, reason, row in DECODE(data).refused:
            yield _line([str(number), code, reason, *row])


def _line(texts: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(map(harmless, texts))
    return out.getvalue().encode()
