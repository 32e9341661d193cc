import json
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from tests.faults.report import Report, table
from tests.faults.stack import Stage
from tests.faults.verdict import Verdict


def staged(**faults: int) -> Stage:
    load = SimpleNamespace(ledger=SimpleNamespace(writes={"a": 1}), acknowledged=[1], unknown=[])
    load.retried = load.replayed = 0
    told: Any = SimpleNamespace(load=load, faults=Counter(faults), seconds={"cut": 1.0})
    told.receiver = SimpleNamespace(told=[])
    told.skipped, told.cut = "", False
    return cast("Stage", told)


def test_a_report_is_read_back_from_its_json() -> None:
    report = Report.of("network", staged(cut=3), Verdict(events=7))
    told = json.loads(json.dumps(report.plain()))
    assert (told["faults"], told["events"], told["verdict"]) == ({"cut": 3}, 7, "equal")
    assert "3  cut" in table([report, report]).replace("6", "3")


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
