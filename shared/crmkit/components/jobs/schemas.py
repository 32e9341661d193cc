"""What comes in and goes out of jobs."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from crmkit.components.jobs.models import JobKind, JobState
from crmkit.fields import Code, Instant, Name, Strict
from crmkit.web.answers import Read

_Text = Annotated[str, StringConstraints(max_length=200)]


class ImportOptions(Strict):
    """How a file becomes records.

    `mapping` names the field of each column that is read, as `company`, `budget.amount` or
    `custom.<key>`; left out, it is the one that would be proposed. `defaults` fill what a row
    leaves out. With `key`, a column of the records' ids in `system`, known records are updated.
    What of these is left out is as in the earlier import `like`, if one is named.
    """

    mapping: dict[_Text, _Text] | None = Field(None, max_length=500)
    defaults: dict[_Text, _Text] = Field(default_factory=dict, max_length=100)
    key: _Text | None = None
    system: Code = "import"
    like: UUID | None = None
    dry_run: bool = False
    name: _Text = ""


class ExportRequest(Strict):
    """What goes into the file: `filter` is what the list takes, a `view` as well; `columns` default
    to those of the view, else to all."""

    filter: dict[_Text, Annotated[str, StringConstraints(max_length=4000)]] = Field(
        default_factory=dict, max_length=50
    )
    columns: list[_Text] = Field(default_factory=list, max_length=200)
    format: Annotated[str, StringConstraints(pattern="^(csv|xlsx)$")] = "csv"
    name: Name = "export"


class JobRead(Read):
    """An import or export; `done` of `total` rows, and what became of them."""

    id: UUID
    version: int
    kind: JobKind
    state: JobState
    name: str
    format: str
    options: dict[str, Any]
    owner_id: UUID
    total: int | None
    done: int
    created: int
    updated: int
    refused: int
    undone: int
    error: str | None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None


class ColumnProposal(BaseModel):
    """A column of a file, what it holds, and the field it might be."""

    column: str
    samples: list[str]
    looks_like: str
    field: str | None


class ImportProposal(BaseModel):
    """A file as it was read; send `mapping` back as it is, or corrected.

    `key` is the column that seems to hold the records' ids; `missing` are fields that every record
    needs and no column tells, so `defaults` must.
    """

    format: str
    encoding: str
    total: int
    columns: list[ColumnProposal]
    mapping: dict[str, str]
    key: str | None
    missing: list[str]
    fields: list[str]
