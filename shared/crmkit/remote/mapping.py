"""Mappings are data: how the columns of somebody's files become bodies of our API.

A mapping is a TOML file: `system` (whose ids these are), optional `[tenant]`, and a `[[file]]` for
each CSV in the order in which they refer to each other:

    [[file]]
    name = "deals.csv"
    to = "/v1/opportunities"
    key = "deal_id"                                   # the row's own id there
    occurred_at = { column = "opened", default = "2017-12-31" }
    [file.fields]
    name = { template = "{product} for {account}" }   # a string alone names a column
    stage = { column = "stage", map = { Hot = "negotiation" }, default = "qualification" }
    owner_id = { ref = "agents.csv", column = "agent" }
    amount = { amount = "value", currency = "USD", default = "0" }
    [[file.then]]                                     # a step that follows, where `when` holds
    when = { stage = "Won" }
    action = "win"
    occurred_at = { column = "closed" }

A rule may also take a `value`, or a column `from` the row of another file that `key` names; `as` is
`code` (lower case, dashes), `path` (codes joined by /), `integer`, or `date` with a `format`. Files
are UTF-8, with or without a mark at the start; `encoding = "gb18030"` says otherwise. A name that
ends in .gz is unpacked on the way.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, str]
_COLUMN = re.compile(r"\{([^{}]+)\}")
_NOT_CODE = re.compile(r"[^a-z0-9]+")


class BadRow(Exception):
    """A row that the mapping cannot make sense of."""


class Later(Exception):
    """A row refers to one that has not been written yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action that follows on the record of the row."""

    action: str
    when: Mapping[str, str]
    fields: Mapping[str, Any]
    occurred_at: Any


@dataclass(frozen=True, slots=True)
class File:
    """How one file is read."""

    name: str
    to: str
    key: str
    fields: Mapping[str, Any]
    occurred_at: Any = None
    then: tuple[Step, ...] = ()
    encoding: str = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class Source:
    """Everything somebody hands over."""

    name: str
    system: str
    files: tuple[File, ...]
    tenant: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> Source:
    """Read a mapping file; KeyError or tomllib's error where it is not one."""
    raw = tomllib.loads(path.read_text("utf-8"))
    files = tuple(_file(entry) for entry in raw["file"])
    return Source(path.stem, raw["system"], files, raw.get("tenant", {}))


def _file(entry: dict[str, Any]) -> File:
    steps = tuple(
        Step(step["action"], step.get("when", {}), step.get("fields", {}), step.get("occurred_at"))
        for step in entry.pop("then", ())
    )
    return File(**entry, then=steps)


@dataclass(slots=True)
class Known:
    """What earlier rows became: ids by file and key, the rows themselves, and who was refused."""

    zone: ZoneInfo
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)


def body(file: File, system: str, row: Row, known: Known) -> dict[str, Any]:
    """The batch row for one row of a file; BadRow or Later."""
    data = _fields(file.fields, row, known)
    data |= {"external_system": system, "external_id": column(file.key, row)}
    made: dict[str, Any] = {"data": data}
    if file.occurred_at is not None:
        made["occurred_at"] = _instant(file.occurred_at, row, known)
    steps = [_step(step, row, known) for step in file.then if _holds(step.when, row)]
    return made | {"then": steps} if steps else made


def _step(step: Step, row: Row, known: Known) -> dict[str, Any]:
    made: dict[str, Any] = {"action": step.action, "data": _fields(step.fields, row, known)}
    if step.occurred_at is not None:
        made["occurred_at"] = _instant(step.occurred_at, row, known)
    return made


def _holds(when: Mapping[str, str], row: Row) -> bool:
    return all(row.get(column) == value for column, value in when.items())


def _fields(rules: Mapping[str, Any], row: Row, known: Known) -> dict[str, Any]:
    made = {name: _value(rule, row, known) for name, rule in rules.items()}
    return {name: value for name, value in made.items() if value is not None}


def _value(rule: Any, row: Row, known: Known) -> Any:
    """None where the column is empty and there is no default: the field is left out then."""
    if isinstance(rule, str):
        rule = {"column": rule}
    if "value" in rule:
        return rule["value"]
    if "currency" in rule:
        return _money(rule, row, known)
    text = _text(rule, row, known)
    if text == "":
        return rule.get("default")
    if "ref" in rule:
        return _reference(rule["ref"], text, known)
    try:
        return _AS[rule.get("as", "text")](text, rule)
    except ValueError as error:
        raise BadRow(f"{text!r} is no {rule['as']}") from error


def _text(rule: Mapping[str, Any], row: Row, known: Known) -> str:
    if "template" in rule:
        as_part = _AS[rule.get("parts", "text")]
        parts = {name: as_part(value, rule) for name, value in row.items() if value}
        try:
            return _COLUMN.sub(lambda found: str(parts[found[1]]), rule["template"])
        except KeyError:
            return ""
    if "from" in rule:
        key = _mapped(rule, row.get(rule["key"], ""))
        row = known.rows[rule["from"]].get(key, {})
        return row.get(rule["column"], "").strip()
    return _mapped(rule, column(rule["column"], row))


def column(name: str, row: Row) -> str:
    """What the row has there; BadRow where the file has no such column."""
    try:
        return row[name].strip()
    except KeyError as missing:
        raise BadRow(f"there is no column {name!r}") from missing


def _mapped(rule: Mapping[str, Any], text: str) -> str:
    return str(rule.get("map", {}).get(text, text))


def _money(rule: Mapping[str, Any], row: Row, known: Known) -> dict[str, str] | None:
    source = rule["amount"]
    text = _text({"column": source} if isinstance(source, str) else source, row, known)
    amount = text or rule.get("default")
    return None if amount is None else {"amount": amount, "currency": rule["currency"]}


def _reference(file: str, key: str, known: Known) -> str:
    found = known.ids.get(file, {}).get(key)
    if found is not None:
        return found
    if (file, key) in known.refused:
        raise BadRow(f"{key!r} of {file} was refused")
    if key in known.rows.get(file, {}):
        raise Later(f"{file}: {key}")
    raise BadRow(f"{key!r} is not in {file}")


def _instant(rule: Any, row: Row, known: Known) -> str:
    """A date stands for noon where the tenant lives, so that it stays the day it says."""
    if isinstance(rule, str):
        rule = {"column": rule}
    text = _text(rule, row, known) or rule.get("default", "")
    try:
        day = _moment(text, rule)
    except ValueError as error:
        raise BadRow(f"{text!r} is no date") from error
    moment = day if day.time() != time.min else datetime.combine(day, time(12), day.tzinfo)
    return (moment if moment.tzinfo else moment.replace(tzinfo=known.zone)).isoformat()


def _moment(text: str, rule: Mapping[str, Any]) -> datetime:
    return datetime.strptime(text, rule.get("format", "%Y-%m-%d"))  # noqa: DTZ007 - the mapping's zone is put on later


def _date(text: str, rule: Mapping[str, Any]) -> str:
    return _moment(text, rule).date().isoformat()


def _code(text: str, _: Mapping[str, Any]) -> str:
    return _NOT_CODE.sub("-", text.lower()).strip("-")


def _path(text: str, rule: Mapping[str, Any]) -> str:
    return "/".join(_code(part, rule) for part in text.split("/"))


_AS: Mapping[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "text": lambda text, _: text,
    "code": _code,
    "path": _path,
    "integer": lambda text, _: int(text),
    "date": _date,
}
