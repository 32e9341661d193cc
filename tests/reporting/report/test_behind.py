"""Every number of a report names what stands behind it: records with events, or other numbers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.reporting.lineage.schemas import ReportLineageRead
from tests.reporting.conftest import Fold, Told

MAY = datetime(2026, 5, 6, 9, tzinfo=UTC)
WEEK = "/v1/reports/weekly/2026-W19"
_KEYS = ("currency", "kind", "period", "key")
_WORDS = {*_KEYS, "label", "company", "before", "first_day", "last_day", "zone", "as_of"}
_QUERY = """
query($figure: String!) { weeklyReportLineage(week: "2026-W19", figure: $figure) {
  figure madeOf measure period value { amount { amount currency } count }
  items { aggregate id adds { amount { amount } count } events { id type version } } } }
"""


@pytest.fixture
async def sales(fold: Fold, told: Told, tenant: UUID) -> None:
    """Thirteen deals won in the week, one the week before, one lost; a lead; a contract; calls."""
    last = MAY - timedelta(7)
    won = [
        told(
            "opportunity",
            ids.named(tenant, n),
            amount=f"{n + 1}.50",
            currency="CNY",
            opened_at=MAY,
            won_at=MAY,
            owner_id=UUID(int=40 + n % 2),
            team=f"cn/t{n}",
            source=f"s{n}",
        )
        for n in range(13)
    ]
    own: dict[str, Any] = {"owner_id": UUID(int=40), "team": "cn/t0"}
    deal = {"currency": "CNY", "amount": "9.00"} | own
    await fold(
        [
            *won,
            told("opportunity", ids.named(tenant, 20), opened_at=last, won_at=last, **deal),
            told("opportunity", ids.named(tenant, 21), opened_at=MAY, lost_at=MAY, **deal),
            told("lead", ids.named(tenant, 22), received_at=MAY, qualified_at=MAY, **own),
            told("contract", ids.named(tenant, 23), signed_at=MAY, **deal),
        ]
    )


def numbers(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each number of a report by its name."""
    if isinstance(node, list):
        for each in node:
            name = next(str(each[key]) for key in _KEYS if each.get(key) is not None)
            yield from numbers(each, f"{place}.{name}")
    elif isinstance(node, dict):
        for name, value in node.items():
            if name not in _WORDS or (name == "before" and place.count(".") > 1):
                yield from numbers(value, f"{place}.{name}")
    elif node is not None:
        yield place.removeprefix("."), node


def with_others(report: dict[str, Any]) -> dict[str, Any]:
    """The same, in which the others have a name of their own."""
    for section in report["currencies"]:
        for by in [*section["won_by"]]:
            shares = section["won_by"][by]
            kept = [share for share in shares if share["key"] is not None]
            section["won_by"][by] = kept
            for share in shares:
                if share["key"] is None:
                    section["won_by"][f"{by}_others"] = share
    return report


async def behind(caller: Caller, figure: str, **others: Any) -> dict[str, Any]:
    answer = await caller.get(f"{WEEK}/lineage", params={"figure": figure} | others)
    assert answer.status_code == 200, (figure, answer.text)
    ReportLineageRead.model_validate(answer.json())
    return dict(answer.json())


def added(values: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(each["value"]) for each in values), Decimal(0))


async def test_every_number_of_a_report_names_what_stands_behind_it(
    sales: None, login: Login
) -> None:
    director = await login("reporting", "sales_director")
    report = with_others((await director.get(WEEK)).json())
    names = dict(numbers(report))
    assert len(names) > 100
    assert {"currencies.CNY.won_by.source_others.share", "leads.created.change"} & set(names)
    asked = [n for n, value in names.items() if Decimal(value) != 0 or "trend" not in n]
    for name in asked:
        found = await behind(director, name, limit=200)
        if found["made_of"]:
            assert set(found["made_of"]) <= set(names), name
            assert (found["measure"], found["items"]) == (None, [])
            continue
        assert added(found["value"]) == added(found["items"]) == Decimal(names[name]), name
        assert all(item["events"] for item in found["items"]), name


async def test_the_others_are_the_whole_less_those_that_are_named(
    sales: None, login: Login
) -> None:
    director = await login("reporting", "sales_director")
    others = "currencies.CNY.won_by.source_others.amount"
    report = dict(numbers(with_others((await director.get(WEEK)).json())))
    whole, *named = (await behind(director, others))["made_of"]
    assert whole == "currencies.CNY.won.amount.value"
    assert len(named) == 10
    left = Decimal(report[whole]) - sum(Decimal(report[name]) for name in named)
    assert left == Decimal(report[others])


async def test_graphql_says_the_same_and_a_seller_sees_their_own(sales: None, login: Login) -> None:
    rep = await login("reporting", "sales_rep", member=UUID(int=40), team="cn/t0")
    director = await login("reporting", "sales_director")
    figure = "currencies.CNY.won.amount.value"
    mine, all_ = await behind(rep, figure), await behind(director, figure)
    assert (len(mine["items"]), len(all_["items"])) == (7, 13)
    answer = await rep.graphql("reporting", _QUERY, figure=figure)
    found = answer["data"]["weeklyReportLineage"]
    assert found["value"][0]["amount"]["amount"] == mine["value"][0]["value"]
    assert [item["id"] for item in found["items"]] == [item["id"] for item in mine["items"]]
    made = (await rep.graphql("reporting", _QUERY, figure="leads.conversion"))["data"]
    assert made["weeklyReportLineage"]["madeOf"] == [
        "leads.cohort_converted",
        "leads.created.value",
    ]


async def test_as_of_an_instant_it_is_what_was_known_then(sales: None, login: Login) -> None:
    director = await login("reporting", "sales_director")
    found = await behind(director, "leads.created.value", as_of="2026-01-01T00:00:00Z")
    assert (found["value"], found["items"]) == ([], [])


@pytest.mark.parametrize(
    "figure",
    [
        *("", "leads", "leads.created", "leads.luck.change", "leads.trend.2020-W01.created"),
        *("activities.dance.done.value", "activities.dance.done.change"),
        *("currencies.XTS.won.amount.value", "currencies.XTS.win_rate.by_count"),
        "currencies.XTS.trend.2026-W19.won.count",
        *("currencies.CNY.won_by.team.cn/west.count", "currencies.CNY.won_by.team.cn/west.share"),
        "currencies.CNY.won_by.product_others.count",
    ],
)
async def test_what_is_no_number_of_the_report_is_refused(
    sales: None, login: Login, figure: str
) -> None:
    director = await login("reporting", "sales_director")
    answer = await director.get(f"{WEEK}/lineage", params={"figure": figure})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "report.figure")


async def test_a_share_too_small_for_the_report_and_the_houses_own_currency_are_answered(
    sales: None, login: Login
) -> None:
    director = await login("reporting", "sales_director")
    small = await behind(director, "currencies.CNY.won_by.source.s0.amount")
    assert (added(small["value"]), len(small["items"])) == (Decimal("1.50"), 1)
    unused = await behind(director, "currencies.CNY.received.amount.value")
    assert (unused["value"], unused["items"]) == ([], [])
