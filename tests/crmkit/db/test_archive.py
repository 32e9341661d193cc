"""What comes from another house is looked at before it is written."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from crmkit.db import archive
from crmkit.events.envelope import REGISTRY
from crmkit.events.erasure import remains
from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Invalid
from crmkit.service import services

TENANT = ids.new()
TOLD = frozenset({"lead.created.v1", "lead.erased.v1"})
Change = dict[str, Any]


def an_event(made: datetime | None = None, **changed: str | None) -> Change:
    """As PostgreSQL tells of one that was made at an instant."""
    instant = made or clock.now()
    data = '{"state":{}}'
    digest = hashlib.sha256(b"salt" + data.encode()).hexdigest()
    recorded = f"{instant:%Y-%m-%d %H:%M:%S.%f}+00"
    return {
        "tenant_id": str(TENANT),
        "id": str(ids.floor(instant)),
        "aggregate": "lead",
        "type": "lead.created.v1",
        "occurred_at": "2019-02-28 00:00:00+00",
        "recorded_at": recorded,
        "actor": f"member:{TENANT}",
        "traceparent": None,
        "data": data,
        "salt": f"\\x{b'salt'.hex()}",
        "digest": f"\\x{digest}",
    } | changed


def check(folder: Path, *events: Change, cursor: str = "7") -> None:
    """An archive of these events, and of a feed with one."""
    told = {"tenant_id": str(TENANT), "cursor": cursor}
    tables: dict[str, list[Change]] = {"event": [*events] or [an_event()], "feed_event": [told]}
    for table, rows in tables.items():
        lines = [json.dumps(dict.fromkeys(rows[0], "text"))]
        lines += [json.dumps(list(row.values())) for row in rows]
        (folder / f"{table}.jsonl").write_text("\n".join(lines) + "\n")
    archive.check(folder, TENANT, {"event": None, "feed_event": "cursor"}, TOLD)


def test_what_another_house_wrote_is_let_in(tmp_path: Path) -> None:
    old = datetime(2024, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
    cause = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    erased = an_event(salt="\\x", data="{}")
    check(tmp_path, an_event(old, traceparent=cause), an_event(actor="system"), erased)
    now = clock.now()
    months = [datetime(each.year, each.month, 1, tzinfo=UTC) for each in (old, now)]
    assert archive.months(tmp_path) == months


def emptied(told: str) -> tuple[Change, Change]:
    """An event of which something is left, and the one that tells of its erasure."""
    rest = f'{{"changed":{{}},"erased":true,"state":{{"id":"{TENANT}","source":"web"}}}}'
    event = an_event(salt="\\x", data=rest, aggregate_id=str(TENANT))
    told = told or remains([(UUID(event["id"]), rest.encode())])
    data = f'{{"changed":{{}},"remains":"{told}","state":{{}}}}'
    digest = hashlib.sha256(b"salt" + data.encode()).hexdigest()
    teller = an_event(
        data=data, digest=f"\\x{digest}", type="lead.erased.v1", aggregate_id=str(TENANT)
    )
    return event, teller


def test_what_is_left_of_an_erased_event_is_what_its_erasure_left(tmp_path: Path) -> None:
    event, teller = emptied("")
    check(tmp_path, event, teller)
    for told in ([event, emptied("00")[1]], [event]):
        with pytest.raises(Invalid, match=f"record {TENANT} was not erased like this"):
            check(tmp_path, *told)


@pytest.mark.parametrize("cursor", [str(2**63 - 1), str(2**48 + 1), "0", "-5", "1e3", ""])
def test_a_counter_that_would_leave_the_house_none_is_refused(tmp_path: Path, cursor: str) -> None:
    check(tmp_path, cursor=str(2**48))
    with pytest.raises(Invalid, match=r"feed_event counts .* not from 1 to 281474976710656"):
        check(tmp_path, cursor=cursor)


_REFUSED: dict[str, tuple[Callable[[], Change], str]] = {
    "rewritten": (lambda: an_event(data="{}"), "not what was hashed"),
    "calls itself erased": (lambda: an_event(salt="\\x"), "not what was hashed"),
    "id of another time": (
        lambda: an_event(id=str(ids.floor(clock.now() - timedelta(hours=3)))),
        "but its id says",
    ),
    "1999": (lambda: an_event(datetime(1999, 12, 31, tzinfo=UTC)), "before 2000"),
    "to come": (lambda: an_event(clock.now() + timedelta(hours=3)), "or to come"),
    "no instant": (lambda: an_event(occurred_at="infinity"), "cannot be read"),
    "no zone": (lambda: an_event(recorded_at="2026-01-05 00:00:00"), "cannot be read"),
    "no id": (lambda: an_event(id=None), "cannot be read"),
    "id past all time": (lambda: an_event(id=str(UUID(int=2**128 - 1))), "cannot be read"),
    "actor": (
        lambda: an_event(actor=f'x","tenantid":"{UUID(int=1)}'),
        "has no actor of ours",
    ),
    "traceparent": (lambda: an_event(traceparent='","x":"'), "has no traceparent of ours"),
    "type": (lambda: an_event(type='lead.created.v1"'), "has no type of ours"),
    "aggregate": (lambda: an_event(aggregate="account"), "another aggregate"),
    "type of nobody": (
        lambda: an_event(type="nosuch.made.v1", aggregate="nosuch"),
        "has no type of ours",
    ),
    "type of another service": (
        lambda: an_event(type="contract.signed.v1", aggregate="contract"),
        "has no type of ours",
    ),
    "no type": (lambda: an_event(type=None), "has no type of ours"),
}


@pytest.mark.parametrize("planted", _REFUSED)
def test_an_event_that_would_harm_the_house_is_refused(tmp_path: Path, planted: str) -> None:
    make, reason = _REFUSED[planted]
    with pytest.raises(Invalid, match=reason):
        check(tmp_path, an_event(), make())


def test_every_type_of_event_is_told_by_one_service() -> None:
    told = [kind for service in services() for kind in service.tells]
    keys = {f"{service.name}_key_use.noted.v1" for service in services()}
    assert sorted(told) == sorted({*REGISTRY, *keys})


_HEADER = b'{"tenant_id": "uuid", "cursor": "bigint"}'
_ROW = f'["{TENANT}", "7"]'.encode()
_MALFORMED: dict[str, tuple[tuple[bytes, ...], str]] = {
    "nothing": ((), "line 1: Expecting value"),
    "no header": ((b"cursor",), "line 1: Expecting value"),
    "header of another kind": ((b'["tenant_id", "cursor"]', _ROW), "line 1: not an object"),
    "broken JSON": ((_HEADER, _ROW, _ROW[:-1]), "line 3: Expecting ',' delimiter"),
    "no UTF-8": ((_HEADER, _ROW.replace(b"7", b"\xff")), "line 2: 'utf-8' codec"),
    "another encoding": ((_HEADER, _ROW.decode().encode("utf-16")), "line 2: 'utf-8' codec"),
    "short row": ((_HEADER, _ROW, b'["7"]'), "line 3: not an array of 2 values"),
    "long row": ((_HEADER, b'["7", "7", null]'), "line 2: not an array of 2 values"),
    "row of another kind": ((_HEADER, b'"77"'), "line 2: not an array of 2 values"),
    "number": ((_HEADER, _ROW.replace(b'"7"', b"7")), "line 2: a value that is no text"),
    "nested": ((_HEADER, _ROW.replace(b'"7"', b"[]")), "line 2: a value that is no text"),
    "NUL": ((_HEADER, _ROW.replace(b"7", b"\\u0000")), "line 2: a NUL"),
    "half a pair": ((_HEADER, _ROW.replace(b"7", b"\\ud800")), "line 2: 'utf-8' codec"),
    "bottomless": ((_HEADER, b"[" * 200_000), "line 2: "),
    "blank": ((_HEADER, b"", _ROW), "line 2: Expecting value"),
}


@pytest.mark.parametrize("planted", _MALFORMED)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, planted: str) -> None:
    lines, reason = _MALFORMED[planted]
    check(tmp_path)
    (tmp_path / "feed_event.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(Invalid, match=f"{tmp_path.name}/feed_event.jsonl, {reason}") as refused:
        archive.check(tmp_path, TENANT, {"event": None, "feed_event": "cursor"}, TOLD)
    assert refused.value.code == "move.malformed"


def test_events_of_too_many_months_are_refused(tmp_path: Path) -> None:
    made = [datetime(2000 + n // 12, n % 12 + 1, 2, tzinfo=UTC) for n in range(241)]
    events = [an_event(instant) for instant in made]
    check(tmp_path, *events[:240])
    with pytest.raises(Invalid, match="more than 240 months"):
        check(tmp_path, *events)


def test_a_row_of_another_tenant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="another tenant"):
        check(tmp_path, an_event(tenant_id=str(UUID(int=1))))


def test_a_table_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there is no lead"):
        archive.header(tmp_path, "lead")
