"""Between cells and fields: what a column may be read as, and what is written into one."""

import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from crmkit.components.kinds import Definition, FieldKind
from crmkit.fields import MoneyIn, MoneyOut, Strict
from crmkit.kernel.errors import Invalid
from crmkit.kernel.own import CUSTOM
from crmkit.kernel.written import amount_of, truth_of

HAPPENED = "occurred_at"
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SEPARATORS = re.compile(r"[;；,，、|]")

Cell = Any
Reader = Callable[[Cell, ZoneInfo], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: where it stands, and the field it becomes."""

    index: int
    name: str
    field: str
    read: Reader


def plain(cell: Cell, _: ZoneInfo | None = None) -> str:
    """What a cell says, as text; a whole number of a workbook without the point."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    return (cell.isoformat() if isinstance(cell, date | time) else str(cell)).strip()


def _amount(cell: Cell, _: ZoneInfo) -> str:
    if isinstance(cell, float):
        return str(Decimal(repr(cell)).quantize(Decimal("0.01")))
    text = plain(cell)
    try:
        return amount_of(text)
    except ValueError:
        return text


def _number(cell: Cell, _: ZoneInfo) -> str:
    return plain(cell).replace(",", "")


def _whole(cell: Cell, _: ZoneInfo) -> int | str:
    text = _number(cell, _)
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _day(cell: Cell, _: ZoneInfo) -> str:
    text = plain(cell)
    found = _DATE.match(text)
    if found is None or (found.end() < len(text) and text[found.end()] not in " T"):
        return text
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"


def _instant(cell: Cell, zone: ZoneInfo) -> str:
    """Where the file does not say, it means the time where the tenant is."""
    text = cell.isoformat() if isinstance(cell, datetime) else plain(cell)
    found = _DATE.match(text)
    if found is not None:
        text = _day(text[: found.end()], zone) + text[found.end() :]
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (read if read.tzinfo else read.replace(tzinfo=zone)).isoformat()


def _bool(cell: Cell, _: ZoneInfo) -> bool | str:
    try:
        return truth_of(plain(cell))
    except ValueError:
        return plain(cell)


def _upper(cell: Cell, _: ZoneInfo) -> str:
    return plain(cell).upper()


def _choice(known: Definition) -> Reader:
    return lambda cell, _: known.labels.get(plain(cell), plain(cell))


def _choices(known: Definition) -> Reader:
    def read(cell: Cell, _: ZoneInfo) -> list[str]:
        names = [name.strip() for name in _SEPARATORS.split(plain(cell))]
        return [known.labels.get(name, name) for name in names if name]

    return read


_BY_TYPE: Mapping[Any, Reader] = {int: _whole, bool: _bool, date: _day, datetime: _instant}
_BY_KIND: Mapping[FieldKind, Reader] = {
    FieldKind.TEXT: plain,
    FieldKind.URL: plain,
    FieldKind.NUMBER: _number,
    FieldKind.DAY: _day,
    FieldKind.INSTANT: _instant,
    FieldKind.BOOL: _bool,
}


def fields_of(schema: type[Strict], known: Mapping[str, Definition]) -> dict[str, Reader]:
    """Every field a column may become, by its name in a mapping; `occurred_at` is when it happened,
    which whoever may write history may say."""
    readers = dict(_schema_fields(schema)) | {HAPPENED: _instant}
    for key, definition in known.items():
        name = f"{CUSTOM}{key}"
        if definition.kind is FieldKind.MONEY:
            readers |= {f"{name}.amount": _amount, f"{name}.currency": _upper}
        elif definition.kind is FieldKind.CHOICE:
            readers[name] = _choice(definition)
        elif definition.kind is FieldKind.MULTI_CHOICE:
            readers[name] = _choices(definition)
        else:
            readers[name] = _BY_KIND[definition.kind]
    return readers


@lru_cache(maxsize=64)
def _schema_fields(schema: type[Strict]) -> tuple[tuple[str, Reader], ...]:
    found: list[tuple[str, Reader]] = []
    for name, field in schema.model_fields.items():
        kind = _bare(field.annotation)
        if kind is MoneyIn:
            found += [(f"{name}.amount", _amount), (f"{name}.currency", _upper)]
        elif isinstance(kind, type) and not issubclass(kind, BaseModel) and name != "custom":
            found.append((name, _BY_TYPE.get(kind, plain)))
    return tuple(found)


def _bare(annotation: Any) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _bare(next(a for a in inner if a is not type(None)))
    return _bare(inner[0]) if origin is Annotated else annotation


def columns_of(
    names: Sequence[str], mapping: Mapping[str, str], fields: Mapping[str, Reader]
) -> list[Column]:
    """The columns a mapping reads; Invalid where it names a column or field there is not."""
    if len(set(mapping.values())) < len(mapping):
        raise Invalid.field("mapping", "mapping.twice", "two columns become one field")
    return [
        Column(_index(names, column), column, field, fields[_known(fields, field)])
        for column, field in mapping.items()
    ]


def demand_fields(given: Iterable[str], fields: Mapping[str, Reader]) -> None:
    """Invalid where one of the names is no field."""
    for name in given:
        _known(fields, name)


def _index(names: Sequence[str], column: str) -> int:
    if column not in names:
        near = get_close_matches(column, names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Invalid.field("mapping", "mapping.unknown_column", f"no such column{hint}")
    return names.index(column)


def _known(fields: Mapping[str, Reader], name: str) -> str:
    if name not in fields:
        near = get_close_matches(name, fields, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Invalid.field("mapping", "mapping.unknown_field", f"no such field{hint}")
    return name


def record_of(
    cells: Sequence[Cell], columns: Sequence[Column], defaults: Mapping[str, Any], zone: ZoneInfo
) -> dict[str, Any]:
    """What a row says, as a body of the API; an empty cell leaves its field out."""
    said = dict(defaults)
    for column in columns:
        cell = cells[column.index] if column.index < len(cells) else ""
        if plain(cell):
            try:
                said[column.field] = column.read(cell, zone)
            except (ValueError, ArithmeticError, InvalidOperation) as error:
                raise Invalid.field(column.field, "cell.invalid", "no such value") from error
    return _nested(said)


def _nested(said: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for path, value in said.items():
        *parents, last = path.split(".")
        inner = body
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return body


def heads_of(read: type[BaseModel], known: Mapping[str, Definition]) -> dict[str, tuple[str, ...]]:
    """The columns of a file by field: money has two, a tenant's own fields are named `custom.`."""
    heads: dict[str, tuple[str, ...]] = {}
    for name, field in read.model_fields.items():
        if name == "custom":
            continue
        is_money = _bare(field.annotation) is MoneyOut
        heads[name] = (f"{name}.amount", f"{name}.currency") if is_money else (name,)
    for key, definition in known.items():
        name = f"{CUSTOM}{key}"
        is_money = definition.kind is FieldKind.MONEY
        heads[name] = (f"{name}.amount", f"{name}.currency") if is_money else (name,)
    return heads


def cells_of(shown: Mapping[str, Any], fields: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A record as cells of these fields."""
    cells: list[str] = []
    for field, heads in fields.items():
        own = field.removeprefix(CUSTOM)
        value = shown[own] if own == field else (shown["custom"] or {}).get(own)
        if len(heads) > 1:
            money = value or {"amount": "", "currency": ""}
            cells += [money["amount"], money["currency"]]
        else:
            cells.append(_written(value))
    return cells


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return ";".join(value) if isinstance(value, list) else str(value)
