"""States of what several services keep alike: each tells of its own under a name of its own."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from crmkit.events.envelope import State


class CustomFieldState(State):
    """自定义字段 what a tenant has said of one custom field."""

    key: str
    kind: str
    label_zh: str
    label_en: str
    required: bool
    choices: list[dict[str, str]]
    max_length: int
    active: bool
    deleted_at: datetime | None = None


class ViewState(State):
    """视图 a saved view of a list; `team` is the one it is shared with."""

    resource: str
    name: str
    filter: dict[str, str]
    sort: str
    fields: list[str]
    shared: str
    is_pinned: bool
    is_default: bool
    owner_id: UUID
    team: str
    deleted_at: datetime | None = None


class JobState(State):
    """导入导出 an import or export, and how far it is."""

    kind: str
    state: str
    name: str
    format: str
    options: dict[str, Any]
    owner_id: UUID
    team: str
    total: int | None
    done: int
    created: int
    updated: int
    refused: int
    undone: int
    error: str | None
    finished_at: datetime | None


class ViewOfPeopleState(ViewState):
    """视图 a saved view of a list of people: who is erased takes those along that name them."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "filter"})


class JobOfPeopleState(JobState):
    """导入导出 an import or export of people: what an export asked for goes with whom it names."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "options"})
