"""Two whole sets of real leads in one house, and what reporting, leads and deals then say."""

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.data_sets import data_set
from tests.e2e.shell import crm

pytestmark = [pytest.mark.slow, pytest.mark.kit, pytest.mark.timeout(300)]

COURSES, DEMO = "x-education-leads", "zoho-crm-demo"
TABLE_ROW = re.compile(r"│ (\w+\.csv)\S* +" + r"│ +(\d+) " * 5 + "│")
RECEIVED = {
    "api": 3580,
    "landing-page": 4886,
    "add-form": 718,
    "lead-import": 55,
    "quick-add-form": 1,
}
CONVERTED = {
    "api": 1115,
    "landing-page": 1768,
    "add-form": 664,
    "lead-import": 13,
    "quick-add-form": 1,
}
ROWS = {
    "leads.csv": [9240, 9240, 0, 0, 0],
    "Users.csv": [11, 11, 0, 0, 0],
    "Accounts.csv": [2229, 910, 0, 1316, 3],
    "Contacts.csv": [1265, 1264, 0, 0, 1],
    "Campaigns.csv": [110, 110, 0, 0, 0],
    "Leads.csv": [3900, 3900, 0, 0, 0],
}
COUNTS = """
import json, os, urllib.request
def count(path):
    request = urllib.request.Request(
        os.environ["CRM_URL"] + path + "count=exact&limit=1",
        headers={"authorization": "Bearer " + os.environ["CRM_TOKEN"]},
    )
    return json.load(urllib.request.urlopen(request))["total"]
paths = ("accounts?", "leads?status=converted&", "opportunities?")
print(json.dumps([count("/v1/" + path) for path in paths]))
"""
SOURCES = "--by source --grain quarter --wait --format json"
ASKED = {
    "courses": f"crm import {COURSES} FOLDER/{COURSES}",
    "demo": f"crm import {DEMO} FOLDER/{DEMO} --errors ERRORS",
    "created": f"crm rollup leads_created --from 2019-01-01 --to 2019-03-31 {SOURCES}",
    "converted": f"crm rollup leads_converted --from 2019-01-01 --to 2019-03-31 {SOURCES}",
    "counts": f"python -c '{COUNTS}'",
}


@dataclass(frozen=True)
class Answers:
    """What each command wrote: the JSON on its stdout, the table rows on its stderr, the errors."""

    shown: Mapping[str, Any]
    tables: Mapping[str, Sequence[int]]
    told: Sequence[Mapping[str, str]]

    def by_source(self, name: str) -> dict[str, int]:
        return {item["source"]: int(item["value"]) for item in self.shown[name]}


@pytest.fixture(scope="module")
def answers(outside: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """One house, two imports, and then every question."""
    folder = data_set(COURSES).parent
    data_set(DEMO)
    place = tmp_path_factory.mktemp("leads")
    for step in (place, place.parent):
        step.chmod(0o755)
    script = "\n".join(
        f"{{ {asked}; }} > {place}/{name}.json 2> {place}/{name}.log || exit 1"
        for name, asked in ASKED.items()
    )
    script = script.replace("FOLDER", str(folder)).replace("ERRORS", f"{place}/errors.csv")
    run = crm("up", "--data", place / "data", "--", "sh", "-c", script, seconds=280, **outside)
    logs = "".join(log.read_text() for log in place.glob("*.log"))
    assert (run.returncode, run.stdout) == (0, ""), run.stderr + logs
    with (place / "errors.csv").open(newline="", encoding="utf-8") as stream:
        told = list(csv.DictReader(stream))
    shown = {name: (place / f"{name}.json").read_text() for name in ASKED}
    return Answers(
        shown={name: json.loads(text) for name, text in shown.items() if text},
        tables={name: [int(n) for n in counts] for name, *counts in TABLE_ROW.findall(logs)},
        told=told,
    )


def test_leads_and_those_converted_count_by_where_they_came_from(answers: Answers) -> None:
    created, converted = answers.by_source("created"), answers.by_source("converted")
    assert {source: created[source] for source in RECEIVED} == RECEIVED
    assert {source: converted[source] for source in CONVERTED} == CONVERTED


def test_every_row_is_created_updated_merged_or_refused(answers: Answers) -> None:
    assert answers.tables == ROWS
    for rows, *outcomes in answers.tables.values():
        assert rows == sum(outcomes)


def test_each_refused_or_merged_row_is_told_with_its_number_and_reason(answers: Answers) -> None:
    codes = Counter((each["file"], each["code"]) for each in answers.told)
    assert codes == {
        ("Accounts.csv", "row.merged"): 1316,
        ("Accounts.csv", "invalid"): 3,
        ("Contacts.csv", "row.unreadable"): 1,
    }
    assert len({(each["file"], each["number"]) for each in answers.told}) == 1320
    assert all(each["reason"] and json.loads(each["row"]) for each in answers.told)


def test_each_converted_lead_has_a_deal_and_an_account(answers: Answers) -> None:
    """180 of the demo's name a company that has no account: each of those gets one of its own."""
    accounts, leads, deals = answers.shown["counts"]
    assert leads == deals == 3561 + 3632
    assert accounts == 3561 + 910 + 180
