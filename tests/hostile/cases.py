"""How the tables of bad input are written: what is sent, and what each door answers.

An answer is a status and the dotted code of its first fault: `422 field.missing`, or `201` alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MARKER = "s3cr3t-m4rk3r"
"""Goes in wherever text can; no answer may repeat it."""
ID = "01900000-0000-7abc-8def-000000000000"
SHAPE = "400 GRAPHQL_VALIDATION_FAILED"
"""GraphQL's own types refuse it before our rules are asked."""
_SHOWN = 40
_NULLS = 40


@dataclass(frozen=True)
class Value:
    """One value in a record that is else in order: `raw` is JSON as written, valid or not."""

    line: int
    member: str
    raw: str
    rest: str
    graphql: str
    cell: str = ""
    """What a row of a file answers: `201`, or the code it is refused with; empty: not sent so."""
    workbook: str = ""
    room: str = "lead"

    @property
    def name(self) -> str:
        shown = self.raw if len(self.raw) <= _SHOWN else f"{self.raw[:_SHOWN]}~{len(self.raw)}"
        return f"{self.line} {self.member} {ascii(shown)[1:-1]}"

    @property
    def update(self) -> str:
        return "200" if self.rest == "201" else self.rest

    @property
    def change(self) -> str:
        """A PATCH may leave out what creation needs, so it is our rules that refuse null."""
        return self.rest if self.raw == "null" and self.line == _NULLS else self.graphql

    @property
    def content(self) -> Any:
        """What a cell holds: text, number or truth."""
        return json.loads(self.raw)


def values(
    line: int, member: str, rest: str, *raws: str, graphql: str = "", **more: Any
) -> list[Value]:
    """Several values of one member that are answered alike; GraphQL as REST, unless told."""
    asked = graphql or ("200" if rest == "201" else rest)
    return [Value(line, member, raw, rest, asked, **more) for raw in raws]


def texts(line: int, member: str, rest: str, *found: str, **more: Any) -> list[Value]:
    """Values that are text."""
    raws = (json.dumps(text, ensure_ascii=False) for text in found)
    return values(line, member, rest, *raws, **more)


@dataclass(frozen=True)
class Body:
    """A whole body, the same to every door; a door that is not named answers as REST does."""

    line: int
    name: str
    sent: bytes
    rest: str
    batch: str = ""
    graphql: str = ""
    upload: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@dataclass(frozen=True)
class File:
    """A file to be imported; where `answer` is 201, `row` is what its first row is answered."""

    line: int
    name: str
    sent: bytes
    answer: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A list asked for: by the query of REST, and by the arguments of GraphQL where it has them."""

    line: int
    query: str
    rest: str
    arguments: str = ""
    graphql: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request of any kind."""

    line: int
    name: str
    answer: str
    method: str = "POST"
    path: str = "/v1/leads"
    sent: bytes = b'{"company":"Acme","source":"web"}'
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """What is posted to a GraphQL endpoint as JSON."""

    line: int
    name: str
    sent: Any
    answer: str
