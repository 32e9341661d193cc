"""What a tenant's archive may hold, looked at before any of it is written.

An archive comes from another house, so nothing in it is trusted: what its rows would do to others
of this house (counters, partitions, the relay's envelopes) is refused here.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from crmkit.events.erasure import MARK, is_erasure, left_as_told
from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Invalid

MOST_COUNTED = 2**48
"""A cursor or position of an archive; this house goes on after it, and 2**53 is the last number
that JSON tells exactly."""

MOST_MONTHS = 240
"""In which an archive's events lie; each may need a partition, which every plan then looks at."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_SLACK = timedelta(hours=2)
"""Between an event's instant and that of its id, as `asof` takes it; and ahead of our clock."""

_NO_SALT, _NOTHING = "\\x", "{}"
_SPLICED = {
    "actor": re.compile(r"[A-Za-z0-9_:.-]+"),
    "traceparent": re.compile(r"[0-9a-f-]+"),
}
"""What the envelope holds between quotes as it stands: a quote would tell whatever it likes."""

Row = dict[str, str | None]
Emptied = dict[str, list[tuple[UUID, str, str]]]
"""Erased events, and those that tell of erasures, by the record they are about."""

T = TypeVar("T")


def header(folder: Path, table: str) -> dict[str, str]:
    """The columns of a table's file, each with its type; Invalid where there is no file."""
    path = folder / f"{table}.jsonl"
    if not path.exists():
        raise Invalid(f"{folder.name}: there is no {path.name}", code="move.columns")
    with path.open("rb") as file:
        return _line(path, 1, file.readline(), _columns)


def rows(folder: Path, table: str) -> Iterator[Row]:
    """The rows of a table's file, each value as PostgreSQL's text; Invalid at what is none."""
    path, names = folder / f"{table}.jsonl", list(header(folder, table))
    with path.open("rb") as file:
        for number, line in enumerate(islice(file, 1, None), 2):
            yield _line(path, number, line, lambda text: _row(names, text))


def months(folder: Path) -> list[datetime]:
    """The months in which events were made, by their ids."""
    made = {ids.instant(UUID(row["id"])) for row in rows(folder, "event")}
    return sorted({datetime(each.year, each.month, 1, tzinfo=UTC) for each in made})


def check(folder: Path, tenant: UUID, counted: Mapping[str, str | None], told: Set[str]) -> None:
    """Invalid where a row would harm the house. `counted`: each table, and its counter if any;
    `told`: the types of events that the service publishes, since no other has a topic here."""
    for table, counter in counted.items():
        for row in rows(folder, table):
            if row["tenant_id"] != str(tenant):
                raise Invalid(f"{folder.name}: a row of another tenant", code="move.tenant.other")
            if counter:
                _check_counter(folder, table, row[counter])
    now = clock.now()
    emptied: Emptied = defaultdict(list)
    for event in rows(folder, "event"):
        try:
            _check_digest(event, emptied)
            _check_text(event, told)
            _check_instants(event, now)
        except (ValueError, OverflowError, TypeError) as error:
            raise _refused(event, f"cannot be read: {error}", "event") from error
    _check_emptied(folder, emptied)
    if len(months(folder)) > MOST_MONTHS:
        raise Invalid(
            f"{folder.name}: events of more than {MOST_MONTHS} months", code="move.months"
        )


def _line(path: Path, number: int, line: bytes, read: Callable[[str], T]) -> T:
    """A line of a file, the first being 1; decoded here, as `json` would guess at the encoding."""
    try:
        return read(line.decode())
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else error
        raise Invalid(
            f"{path.parent.name}/{path.name}, line {number}: {reason}", code="move.malformed"
        ) from error


def _columns(text: str) -> dict[str, str]:
    columns = json.loads(text)
    if not isinstance(columns, dict):
        raise ValueError("not an object of columns")
    return columns


def _row(names: list[str], text: str) -> Row:
    """ValueError of what PostgreSQL could not have written, as a NUL or half a surrogate pair."""
    values = json.loads(text)
    if not isinstance(values, list) or len(values) != len(names):
        raise ValueError(f"not an array of {len(names)} values")
    if not all(value is None or isinstance(value, str) for value in values):
        raise ValueError("a value that is no text")
    if b"\0" in "".join(value or "" for value in values).encode():
        raise ValueError("a NUL in a text")
    return dict(zip(names, values, strict=True))


def _check_counter(folder: Path, table: str, value: str | None) -> None:
    if not (value and re.fullmatch("[0-9]{1,19}", value) and 0 < int(value) <= MOST_COUNTED):
        raise Invalid(
            f"{folder.name}: {table} counts {value}, which is not from 1 to {MOST_COUNTED}",
            code="move.counter",
        )


def _check_digest(event: Row, emptied: Emptied) -> None:
    """An erased event has lost its salt, and all of its data or some, of which the event that tells
    of the erasure has to say which; any other is what was hashed."""
    salt, data = event["salt"] or "", event["data"] or ""
    if salt == _NO_SALT and (data == _NOTHING or MARK in json.loads(data)):
        if data != _NOTHING:
            _keep(event, emptied)
        return
    digest = hashlib.sha256(bytes.fromhex(salt[2:]) + data.encode()).hexdigest()
    if event["digest"] != f"\\x{digest}":
        raise _refused(event, "is not what was hashed", "digest")
    if is_erasure(event["type"] or ""):
        _keep(event, emptied)


def _keep(event: Row, emptied: Emptied) -> None:
    told = (UUID(event["id"]), event["type"] or "", event["data"] or "")
    emptied[event["aggregate_id"] or ""].append(told)


def _check_emptied(folder: Path, emptied: Emptied) -> None:
    for record, events in emptied.items():
        kept, told = left_as_told(events)
        if kept != told:
            raise Invalid(
                f"{folder.name}: record {record} was not erased like this", code="move.digest"
            )


def _check_text(event: Row, told: Set[str]) -> None:
    if event["type"] not in told:
        raise _refused(event, "has no type of ours", "event")
    for name, allowed in _SPLICED.items():
        value = event[name]
        if value is not None and not allowed.fullmatch(value):
            raise _refused(event, f"has no {name} of ours", "event")
    if (event["type"] or "").split(".")[0] != event["aggregate"]:
        raise _refused(event, "tells of another aggregate than its type says", "event")


def _check_instants(event: Row, now: datetime) -> None:
    """ValueError of what is no instant at all, such as infinity."""
    made = ids.instant(UUID(event["id"]))
    recorded, _ = (datetime.fromisoformat(event[n] or "") for n in ("recorded_at", "occurred_at"))
    if abs(made - recorded) > _SLACK:
        raise _refused(event, f"was recorded at {recorded}, but its id says {made}", "instant")
    if not EARLIEST <= recorded <= now + _SLACK:
        raise _refused(event, f"was recorded at {recorded}, before 2000 or to come", "instant")


def _refused(event: Row, reason: str, kind: str) -> Invalid:
    return Invalid(f"event {event['id']} {reason}", code=f"move.{kind}")
