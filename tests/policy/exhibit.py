"""What an exhibit is: how to make the records of an aggregate, and how to reach them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crmkit.db.tables import Record

YUAN = {"amount": "1.00", "currency": "CNY"}
NEEDLE = "needle"


@dataclass(frozen=True)
class Write:
    """One way to change a record; `hidden` is what it answers for a record out of sight."""

    action: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[int, ...] = (404,)


@dataclass(frozen=True)
class Exhibit:
    """An aggregate with records of its own: its table and its paths."""

    service: str
    cls: type[Record]
    path: str
    one: str
    many: str
    writes: tuple[Write, ...] = ()
    new: Mapping[str, Any] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    parents: tuple[type[Record], ...] = ()
    search: bool = True
    history: bool = True
    masked: Mapping[str, str] = field(default_factory=dict)
    """Fields that some role does not see, as GraphQL asks for them."""


def patch(path: str) -> Write:
    return Write("write", "PATCH", f"{path}/{{id}}")


def own_field(service: str, cls: type[Record], name: str, plural: str = "") -> Exhibit:
    path = f"/v1/{plural or service}/custom-fields"
    return Exhibit(
        service,
        cls,
        path,
        f"{name}Field",
        f"{name}Fields",
        writes=(patch(path), Write("write", "DELETE", f"{path}/{{id}}")),
        new={"key": "k{fresh}", "kind": "number", "label_zh": "x", "label_en": "x"},
        values={"label_en": NEEDLE},
    )


def job(
    service: str,
    cls: type[Record],
    name: str,
    plural: str = "",
    ways: tuple[str, ...] = ("cancel", "undo"),
) -> Exhibit:
    kind = "import" if "undo" in ways else "export"
    path = f"/v1/{plural or service}/{kind}s"
    return Exhibit(
        service,
        cls,
        path,
        f"{name}Job",
        f"{name}Jobs",
        writes=tuple(Write("write", "POST", f"{path}/{{id}}/{way}") for way in ways),
        values={"kind": kind, "state": "done", "options": {"dry_run": False, "columns": []}},
        search=False,
        history=False,
    )


def saved_view(service: str, cls: type[Record], name: str, plural: str) -> Exhibit:
    path = f"/v1/{plural}/views"
    return Exhibit(
        service,
        cls,
        path,
        f"{name}View",
        f"{name}Views",
        writes=(patch(path), Write("write", "DELETE", f"{path}/{{id}}")),
        new={"name": "{fresh}"},
        values={"resource": name, "filter": {}},
    )


ABSENT = (403, 404, 422)
"""A target out of sight answers as one that is not there: refused, or its owner is unknown."""
