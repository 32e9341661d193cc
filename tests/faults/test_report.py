import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from tests.e2e.receiver import Told
from tests.faults.load import Write
from tests.faults.recovery import answered, heard, spread
from tests.faults.report import Report, table
from tests.faults.stack import Stage
from tests.faults.verdict import Verdict

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def written(service: str, begun: float, ended: float) -> Write:
    """Acknowledged, so many seconds after the fault."""
    trace = f"{service[0]}{begun}".ljust(32, "0")
    write = Write("", trace, "", service, "lead", "POST", "/v1/leads", begun_at=after(begun))
    write.status, write.ended_at = 201, after(ended)
    return write


def staged(**faults: int) -> Stage:
    writes = [written("leads", 0, 9), written("leads", 1, 3), written("forecast", 2, 5)]
    load = SimpleNamespace(ledger=SimpleNamespace(writes={"a": 1}), acknowledged=writes, unknown=[])
    load.retried = load.replayed = 0
    told: Any = SimpleNamespace(load=load, faults=Counter(faults), seconds={"cut": 1.0})
    told.receiver = SimpleNamespace(told=[])
    told.skipped, told.cut, told.marks = "", False, [("cut", AT)]
    return cast("Stage", told)


def test_a_report_is_read_back_from_its_json() -> None:
    report = Report.of("network", staged(cut=3), Verdict(events=7))
    told = json.loads(json.dumps(report.plain()))
    assert (told["faults"], told["events"], told["verdict"]) == ({"cut": 3}, 7, "equal")
    assert told["answered"] == {"cut": [5.0]}
    assert "6  cut: all answer after 5.0 / 5.0 s, tell after -" in table([report, report])


def test_recovery_is_when_every_service_has_answered_what_was_begun_since() -> None:
    writes = [written("leads", -1, 0.5), written("leads", 0, 9), written("leads", 1, 3)]
    marks = [("kill", AT), ("kill", after(0.5)), ("late", after(1.5))]
    assert answered(marks, writes) == {"kill": [3.0, 2.5]}
    both = [*writes, written("forecast", 1, 8)]
    assert answered(marks, both) == {"kill": [8.0, 7.5]}
    refused = written("forecast", 0, 1)
    refused.status = 409
    assert answered(marks, [*both, refused]) == answered(marks, both)


def test_what_was_told_of_is_told_when_it_came_first() -> None:
    write = written("leads", 1, 3)
    headers = {"traceparent": f"00-{write.trace}-{write.trace[:16]}-01"}
    told = [Told(headers, b"", at=after(at)) for at in (7, 4)]
    assert heard([("kill", AT)], [write], [*told, Told({}, b"", at=AT)]) == {"kill": [4.0]}


def test_of_seconds_the_median_is_told_and_the_longest() -> None:
    assert spread([1, 2, 9]) == "2.0 / 9.0"
    assert spread([]) == "-"


def test_a_run_in_which_nothing_broke_is_no_proof() -> None:
    report = Report.of("network", staged(), Verdict())
    assert (report.valid, report.verdict) == (False, "INVALID: no fault bit")
    report.skipped = "no mount"
    assert (report.valid, report.verdict) == (True, "skipped: no mount")


def test_what_time_did_not_suffice_for_is_said() -> None:
    report = Report.of("network", staged(cut=1), Verdict())
    report.cut = True
    assert (report.valid, report.verdict) == (True, "equal, cut short")


def test_what_is_wrong_is_named_below_the_table_also_where_something_was_skipped() -> None:
    report = Report.of("network", staged(cut=1), Verdict(wrong=["lost: 1"]))
    report.skipped = "no mount"
    assert report.verdict == "1 WRONG"
    assert "WRONG in network: lost: 1" in table([report])
