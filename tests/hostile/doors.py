"""The doors a record comes in by, and what each of them answers: a status and the dotted code."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx
import xlsxwriter

from crmkit.components.jobs.runner import JobRunner
from crmkit.testing.house import Caller, House
from services.leads.lead.commands import JOBS
from tests.hostile.cases import MARKER

JSON = {"content-type": "application/json"}
IMPORTS = "/v1/leads/imports"
OWN = {
    "note": "text",
    "size": "number",
    "at": "instant",
    "on": "day",
    "ok": "bool",
    "site": "url",
    "tier": "choice",
    "tiers": "multi-choice",
    "price": "money",
}
"""A tenant's own fields of leads, one of every kind."""


@dataclass(frozen=True)
class Room:
    """A kind of record, and the least that makes one."""

    service: str
    path: str
    create: str
    update: str
    new: Mapping[str, Any]
    bulk: bool = True
    spelled: Mapping[str, str] = field(default_factory=dict)
    """What GraphQL spells otherwise: the names of enums."""

    def document(self, mutation: str) -> str:
        """A mutation of one input; of a known record it takes its first version."""
        kind = f"{mutation[0].upper()}{mutation[1:]}"
        action, _, subject = _split(kind)
        given = f"$input: {subject}{action}Input!"
        passed = "input: $input"
        if mutation == self.update:
            given, passed = f"$id: UUID!, {given}", f"id: $id, expectedVersion: 1, {passed}"
        shown = "__typename ... on Problem { code httpStatus errors { code pointer message } }"
        return f"mutation({given}) {{ made: {mutation}({passed}) {{ {shown} }} }}"


def _split(kind: str) -> tuple[str, str, str]:
    for action in ("Create", "Update", "Plan"):
        if kind.startswith(action):
            return action, "", kind.removeprefix(action)
    raise LookupError(kind)


LEAD = {"company": "Acme", "source": "web"}
DUE = {"kind": "call", "subject": "Hello", "due_at": "2026-12-01T00:00:00Z"}
STAGE = {"code": "open", "name": "Open", "probability": 10}
PIPELINE = {"name": "Usual", "stages": [STAGE]}
ROOMS = {
    "lead": Room("leads", "/v1/leads", "createLead", "updateLead", LEAD),
    "account": Room("leads", "/v1/accounts", "createAccount", "updateAccount", {"name": "Acme"}),
    "activity": Room(
        "leads", "/v1/activities", "planActivity", "updateActivity", DUE, False, {"kind": "CALL"}
    ),
    "pipeline": Room(
        "opportunities", "/v1/pipelines", "createPipeline", "updatePipeline", PIPELINE, False
    ),
}


@dataclass(frozen=True)
class Told:
    """An answer: `422 field.missing`, or `201` alone; its problems keep to the format."""

    told: str
    faults: list[str] = field(default_factory=list)


_MEMBERS = {"type", "title", "status", "code", "trace_id"}


def told_by(answer: httpx.Response) -> Told:
    """By REST: the code of the first fault, else of the problem."""
    if answer.is_success:
        return Told(str(answer.status_code))
    if answer.headers.get("content-type") != "application/problem+json":
        return Told(str(answer.status_code), [f"is {answer.headers.get('content-type')}"])
    problem = answer.json()
    faults = []
    if not problem.keys() >= _MEMBERS:
        faults.append(f"lacks {_MEMBERS - problem.keys()}")
    if problem.get("status") != answer.status_code:
        faults.append(f"says {problem.get('status')}")
    if MARKER in json.dumps({k: v for k, v in problem.items() if k != "instance"}):
        faults.append(f"repeats what was sent: {answer.text[:300]}")
    return Told(f"{answer.status_code} {_code(problem)}", faults)


def _code(problem: Mapping[str, Any]) -> str:
    first = (problem.get("errors") or [problem])[0]
    return str(first["code"])


def told_by_graphql(answer: httpx.Response) -> Told:
    """By GraphQL: a Problem's own status, an error's with the code of its extensions."""
    if answer.headers["content-type"] == "application/problem+json":
        return told_by(answer)
    body = answer.json()
    faults = [f"repeats what was sent: {answer.text[:300]}"] if MARKER in answer.text else []
    if body.get("errors"):
        extensions = body["errors"][0]["extensions"]
        status = extensions.get("status", answer.status_code)
        return Told(f"{status} {extensions['code']}", faults)
    made = next(iter(body["data"].values()))
    if isinstance(made, dict) and made.get("__typename") == "Problem":
        return Told(f"{made['httpStatus']} {_code(made)}", faults)
    return Told("200", faults)


def told_of_row(answer: httpx.Response) -> Told:
    """By /batch: its only row, unless the whole body was refused."""
    if not answer.is_success:
        return told_by(answer)
    (row,) = answer.json()["rows"]
    faults = [f"repeats what was sent: {answer.text[:300]}"] if MARKER in answer.text else []
    problem = row.get("problem")
    return Told(f"{row['status']} {_code(problem)}" if problem else str(row["status"]), faults)


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


class Records:
    """Makes and changes records of one room through REST, batch and GraphQL, from JSON as written.

    `member` is a path such as `budget.amount`; `raw` the JSON that stands there, whatever it is.
    """

    def __init__(self, caller: Caller, room: Room) -> None:
        self.caller = caller
        self.room = room
        self._known = ""

    async def post(self, path: str, body: str, **headers: str) -> httpx.Response:
        sent = body.encode("utf-8", "surrogatepass")
        return await self.caller.post(path, content=sent, headers=JSON | headers)

    async def create(self, member: str, raw: str) -> Told:
        return told_by(await self.post(self.room.path, self._whole(member, raw)))

    async def update(self, member: str, raw: str) -> Told:
        answer = await self.caller.patch(
            await self.known(),
            content=f'{{"{member}":{raw}}}'.encode("utf-8", "surrogatepass"),
            headers=JSON | {"if-match": '"1"'},
        )
        return self._kept(told_by(answer))

    async def batch(self, member: str, raw: str) -> Told:
        rows = f'{{"rows":[{{"data":{self._whole(member, raw)}}}]}}'
        return told_of_row(await self.post(f"{self.room.path}/batch", rows))

    async def mutate(self, member: str, raw: str) -> Told:
        """The same, named as GraphQL names it, in the variable `input`."""
        return await self._graphql(
            self.room.create, f'{{"input":{self._whole(member, raw, camel, self.room.spelled)}}}'
        )

    async def change(self, member: str, raw: str) -> Told:
        known = (await self.known()).rpartition("/")[2]
        variables = f'{{"id":"{known}","input":{{"{member}":{raw}}}}}'
        return self._kept(await self._graphql(self.room.update, variables))

    async def known(self) -> str:
        """The path of a record at version 1, which is kept until it was changed."""
        if self._known:
            return self._known
        made = await self.post(self.room.path, json.dumps(dict(self.room.new)))
        assert made.status_code == 201, made.text
        self._known = f"{self.room.path}/{made.json()['id']}"
        return self._known

    def _kept(self, told: Told) -> Told:
        if told.told == "200":
            self._known = ""
        return told

    async def _graphql(self, mutation: str, variables: str) -> Told:
        document = json.dumps(self.room.document(mutation))
        body = f'{{"query":{document},"variables":{variables}}}'
        return told_by_graphql(await self.post(f"/graphql/{self.room.service}", body))

    def _whole(
        self,
        member: str,
        raw: str,
        named: Callable[[str], str] = str,
        spelled: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """A new record with this member as it is written."""
        new = {**self.room.new, **spelled}
        usual = {named(name): json.dumps(value) for name, value in new.items()}
        return "{" + ",".join(f'"{n}":{v}' for n, v in (usual | {member: raw}).items()) + "}"


def csv_of(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    def quoted(cell: Any) -> str:
        text = cell if isinstance(cell, str) else json.dumps(cell)
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(map(quoted, row)) for row in (heads, *rows)]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


def xlsx_of(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Numbers and booleans as such, text as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for number, row in enumerate((heads, *rows)):
        for column, cell in enumerate(row):
            writes = sheet.write_string if isinstance(cell, str) else sheet.write
            writes(number, column, cell)
    book.close()
    return out.getvalue()


async def bring(caller: Caller, body: bytes, **more: Any) -> httpx.Response:
    """A file of leads, with `source` as default."""
    params = {"defaults": json.dumps({"source": "file"})} | more.pop("params", {})
    headers = {"content-type": "text/csv"} | more.pop("headers", {})
    return await caller.post(IMPORTS, content=body, params=params, headers=headers, **more)


async def refused_rows(
    house: House, caller: Caller, job: Mapping[str, Any]
) -> dict[int, tuple[str, str]]:
    """The worker's turns, until the job has ended: code and reason of each row that was refused."""
    runner, system = JobRunner(JOBS), await house.system("leads")
    path = f"{IMPORTS}/{job['id']}"
    try:
        while (shown := (await caller.get(path)).json())["state"] in {"waiting", "running"}:
            await runner(caller.executor, system)
    finally:
        runner.close()
    assert shown["state"] == "done", shown
    return await _errors(caller, path)


async def _errors(caller: Caller, path: str) -> dict[int, tuple[str, str]]:
    text = (await caller.get(f"{path}/errors")).content.decode("utf-8-sig")
    found = [*csv.reader(io.StringIO(text, newline=""))][1:]
    return {int(row[0]): (row[1], row[2]) for row in found}
