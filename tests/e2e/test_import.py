"""A hardware seller's real year, through the public API, and what reporting then says."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.data_sets import data_set
from tests.e2e.shell import typed
from tests.e2e.standing import Running, running

pytestmark = pytest.mark.slow

NAME = "crm-sales-opportunities"
YEAR = ("--from", "2017-01-01", "--to", "2017-12-31", "--format", "json")
WON = ("rollup", "opportunity_won_amount", *YEAR)
QUARTERS = ("2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4")
WON_BY_REGION = {
    "Central": ("347988.00", "957321.00", "1053202.00", "987782.00"),
    "East": ("329151.00", "1016823.00", "919767.00", "824853.00"),
    "West": ("457533.00", "1111967.00", "1009286.00", "989861.00"),
}
TABLE_ROW = re.compile(r"(\w+\.csv)\D+(\d+)\D+(\d+)\D+(\d+)\D+(\d+)\D+(\d+)")
BY_QUARTER = ("--grain", "quarter")
ASKED = {
    "quarters": (*WON, *BY_QUARTER),
    "months": (*WON, "--grain", "month"),
    "weeks": (*WON, "--grain", "week"),
    "products": (*WON, "--by", "product", *BY_QUARTER),
    "won": ("rollup", "opportunities_won", *YEAR, *BY_QUARTER),
    "lost": ("rollup", "opportunities_lost", *YEAR, *BY_QUARTER),
}


@dataclass(frozen=True)
class Answers:
    """The JSON that each command wrote, and the table rows that each import did."""

    shown: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Sequence[int]]]
    deals: Sequence[Mapping[str, str]]

    def total(self, name: str) -> Decimal:
        return sum((Decimal(item["value"]) for item in self.shown[name]), Decimal(0))

    def by_period(self, name: str) -> dict[str, Decimal]:
        return {item["period"]: Decimal(item["value"]) for item in self.shown[name]}

    def won_by(self, form: str) -> dict[str, Decimal]:
        """The value of won deals of the file itself, by the close date in that form."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for deal in self.deals:
            if deal["deal_stage"] == "Won":
                closed = date.fromisoformat(deal["close_date"])
                sums[closed.strftime(form)] += Decimal(deal["close_value"])
        return dict(sums)


@pytest.fixture(scope="module")
def folder() -> Path:
    return data_set(NAME)


@pytest.fixture(scope="module")
def answers(
    folder: Path, outside: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    """One house, one import, and then every question."""
    place = tmp_path_factory.mktemp("import")
    with running(place, bare=False, **outside) as house:
        tables = {"first": _imported(house, folder)}
        shown = {"regions": _answer(house, *WON, "--by", "region", *BY_QUARTER, "--wait")}
        shown |= {name: _answer(house, *asked) for name, asked in ASKED.items()}
        tables["again"] = _imported(house, folder, "--errors", place / "errors.csv")
        shown["again"] = _answer(house, *WON, *BY_QUARTER, "--wait")
        shown["contracts"] = house.request("GET", "/v1/contracts")["items"]
    with (folder / "sales_pipeline.csv").open(newline="") as file:
        return Answers(shown, tables, list(csv.DictReader(file)))


def _imported(house: Running, folder: Path, *options: str | Path) -> dict[str, list[int]]:
    run = typed("import", NAME, folder, *options, **house.told)
    assert run.returncode == 0, run.stderr
    return _table(run.stderr)


def _answer(house: Running, *words: str) -> Any:
    return json.loads(house.ask(*words))


def _table(text: str) -> dict[str, list[int]]:
    return {name: [int(n) for n in counts] for name, *counts in TABLE_ROW.findall(text)}


@pytest.mark.timeout(400)
def test_won_value_by_region_and_quarter_is_what_the_seller_had(answers: Answers) -> None:
    assert answers.shown["regions"] == [
        {"period": quarter, "region": region, "value": values[n], "currency": "USD"}
        for n, quarter in enumerate(QUARTERS)
        for region, values in WON_BY_REGION.items()
    ]


@pytest.mark.timeout(400)
def test_totals_are_what_the_seller_had(answers: Answers) -> None:
    assert answers.total("quarters") == 10_005_534
    assert [answers.total(name) for name in ("won", "lost")] == [4238, 2473]
    products: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in answers.shown["products"]:
        products[item["product"]] += Decimal(item["value"])
    assert products["GTX Pro"] == 3_510_578


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "form"), [("weeks", "%G-W%V"), ("months", "%Y-%m")])
def test_a_deal_counts_in_the_period_in_which_it_was_closed(
    answers: Answers, name: str, form: str
) -> None:
    assert answers.by_period(name) == answers.won_by(form)


@pytest.mark.timeout(400)
def test_every_row_became_a_record(answers: Answers) -> None:
    assert answers.tables["first"] == {
        "sales_teams.csv": [35, 35, 0, 0, 0],
        "products.csv": [7, 7, 0, 0, 0],
        "accounts.csv": [85, 85, 0, 0, 0],
        "sales_pipeline.csv": [8800, 8800, 0, 0, 0],
    }


@pytest.mark.timeout(400)
def test_a_second_import_changes_nothing(answers: Answers) -> None:
    merged = {name: [n, 0, 0, n, 0] for name, (n, *_) in answers.tables["first"].items()}
    assert answers.tables["again"] == merged
    assert answers.shown["again"] == answers.shown["quarters"]


@pytest.mark.timeout(400)
def test_imported_history_drafts_no_contract(answers: Answers) -> None:
    assert answers.shown["contracts"] == []
