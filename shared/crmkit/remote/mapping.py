"""Mappings are data: how the columns of somebody's files become bodies of our API.

A mapping is a TOML file: `system` (whose ids these are), optional `[tenant]`, and a `[[file]]` for
each file in the order in which they refer to each other:

    [[file]]
    name = "deals.csv"
    to = "/v1/opportunities"
    key = "deal_id"                                   # the row's own id there
    occurred_at = { column = "opened", default = "2017-12-31" }
    empty = ["Select", "n/a"]                         # cells that say nothing
    [file.fields]
    name = { template = "{product} for {account}" }   # a string alone names a column
    stage = { column = "stage", map = { Hot = "negotiation" }, default = "qualification" }
    owner_id = { ref = "agents.csv", column = "agent" }
    amount = { amount = "value", currency = "USD", default = "0" }
    [file.custom]                                     # fields of the tenant's own
    seats = { column = "Seats wanted", kind = "number", zh = "席位" }
    [[file.then]]                                     # a step that follows, where `when` holds
    when = { stage = ["Won", "Closed won"] }
    action = "win"
    occurred_at = { column = "closed", format = ["%d %b, %Y %H:%M:%S", "%d-%m-%Y"] }

A rule may also take a `value`, or a column `from` the row of another file that `key` names; `as` is
one of `converters.CONVERTERS`. A `ref` is to the key of another file's row, or `by` another of its
columns; where it is `optional` and there is no such row, the field is left out. A field of the
tenant's own that names its `kind` is made where there is none of its key, labelled `zh` and `en`
(the column's name without). With `same`, rows that have the same in that column, blanks and case
aside, become one record: the first of them, whose empty cells are filled from the others. Without a
`key` a row is known by all that it says.

A file is CSV or a workbook (XLSX), of whatever encoding the imports of the API read; `encoding`
says another one. A name that ends in .gz is unpacked on the way.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crmkit.remote.converters import CONVERTERS, moment

Row = Mapping[str, str]
_COLUMN = re.compile(r"\{([^{}]+)\}")


class BadRow(Exception):
    """A row that the mapping cannot make sense of."""


class Later(Exception):
    """A row refers to one that has not been written yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action that follows on the record of the row."""

    action: str
    when: Mapping[str, str | list[str]]
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
    custom: Mapping[str, Any] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    same: str = ""
    encoding: str = ""


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
    return File(**entry | {"empty": tuple(entry.get("empty", ()))}, then=steps)


@dataclass(slots=True)
class Known:
    """What earlier rows became: ids by file and key, the rows themselves, and who was refused."""

    zone: ZoneInfo
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    _keys: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def key_by(self, file: str, column: str, text: str) -> str | None:
        """The key of the first row of the file that has this text in that column."""
        if (file, column) not in self._keys:
            found: dict[str, str] = {}
            for key, row in self.rows.get(file, {}).items():
                found.setdefault(alike(row.get(column, "")), key)
            self._keys[file, column] = found
        return self._keys[file, column].get(alike(text))


def body(file: File, system: str, row: Row, known: Known) -> dict[str, Any]:
    """The batch row for one row of a file; BadRow or Later."""
    if file.empty:
        row = {name: "" if text in file.empty else text for name, text in row.items()}
    data = _fields(file.fields, row, known)
    if own := _fields(file.custom, row, known):
        data["custom"] = own
    data |= {"external_system": system, "external_id": key_of(file, row)}
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


def _holds(when: Mapping[str, str | list[str]], row: Row) -> bool:
    return all(
        row.get(column) in ([said] if isinstance(said, str) else said)
        for column, said in when.items()
    )


def key_of(file: File, row: Row) -> str:
    """The row's own id; where the file has no column of ids, a digest of all that it says."""
    if file.key:
        return column(file.key, row)
    said = "\0".join(f"{name}\0{text}" for name, text in row.items())
    return hashlib.sha256(said.encode()).hexdigest()


def alike(text: str) -> str:
    """Names that differ by blanks or case are one."""
    return " ".join(text.split()).casefold()


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
        return _reference(rule, text, known)
    return _converted(rule, text)


def _converted(rule: Mapping[str, Any], text: str) -> Any:
    try:
        return CONVERTERS[rule.get("as", "text")](text, rule)
    except ValueError as error:
        raise BadRow(f"{text!r} is no {rule['as']}") from error


def _text(rule: Mapping[str, Any], row: Row, known: Known) -> str:
    if "template" in rule:
        as_part = CONVERTERS[rule.get("parts", "text")]
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
    source = {"column": source} if isinstance(source, str) else source
    text = _text(source, row, known)
    amount = _converted(source, text) if text else rule.get("default")
    currency = rule["currency"]
    if isinstance(currency, dict):
        currency = _text(currency, row, known).upper() or currency.get("default")
    return None if amount is None else {"amount": amount, "currency": currency}


def _reference(rule: Mapping[str, Any], text: str, known: Known) -> str | None:
    file = rule["ref"]
    key = known.key_by(file, rule["by"], text) if "by" in rule else text
    found = known.ids.get(file, {}).get(key or "")
    if found is not None:
        return found
    if (file, key) in known.refused:
        raise BadRow(f"{text!r} of {file} was refused")
    if key in known.rows.get(file, {}):
        raise Later(f"{file}: {key}")
    if rule.get("optional"):
        return None
    raise BadRow(f"{text!r} is not in {file}")


def _instant(rule: Any, row: Row, known: Known) -> str:
    """A date stands for noon where the tenant lives, so that it stays the day it says."""
    if isinstance(rule, str):
        rule = {"column": rule}
    text = _text(rule, row, known) or rule.get("default", "")
    try:
        found = moment(text, rule)
    except (ValueError, OverflowError) as error:
        raise BadRow(f"{text!r} is no date") from error
    if found.time() == time.min and "since" not in rule:
        found = datetime.combine(found, time(12), found.tzinfo)
    return (found if found.tzinfo else found.replace(tzinfo=known.zone)).isoformat()
