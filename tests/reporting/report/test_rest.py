"""Reports over the API, from events to the document."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.kernel.period import Grain
from crmkit.testing.plugin import Login
from services.reporting.report.domain import Report
from services.reporting.report.queries import get_report
from tests.reporting.conftest import Fold, Told

REP, OTHER = UUID(int=31), UUID(int=32)
MONDAY = datetime(2026, 11, 15, 17, tzinfo=UTC)
"""Monday in Shanghai, Sunday in UTC."""


@pytest.fixture
async def week(fold: Fold, told: Told, tenant: UUID) -> None:
    """Week 47 in Shanghai: two deals won, one lost, a contract, a receipt; one deal won before."""
    rep = {"owner_id": REP, "team": "cn/east/1", "region": "East", "currency": "CNY"}
    other = {"owner_id": OTHER, "team": "cn/west", "region": "West", "currency": "CNY"}
    before = MONDAY - timedelta(hours=2)
    lead = {"received_at": MONDAY, "qualified_at": MONDAY}
    await fold(
        [
            told("tenant", tenant, time_zone="Asia/Shanghai", base_currency="CNY"),
            told("member", REP, name="Li Na", team="cn/east/1"),
            told("opportunity", amount="300.00", opened_at=before, won_at=MONDAY, **rep),
            told("opportunity", amount="100.00", opened_at=before, won_at=MONDAY, **other),
            told("opportunity", amount="100.00", opened_at=before, lost_at=MONDAY, **other),
            told("opportunity", amount="200.00", opened_at=before, won_at=before, **other),
            told("contract", amount="300.00", signed_at=MONDAY, **rep),
            told("receipt", amount="30.00", received_at=MONDAY, **rep),
            told("lead", owner_id=REP, converted_at=MONDAY, **lead),
            told("lead", owner_id=REP, received_at=MONDAY),
            told("activity", owner_id=REP, done_at=MONDAY, kind="visit"),
        ]
    )


async def read(login: Login, path: str, *roles: str, **who: Any) -> dict[str, Any]:
    caller = await login("reporting", *roles, **who)
    answer = await caller.get(f"/v1/reports/{path}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    TypeAdapter(Report).validate_python(body)
    return body


async def test_the_weekly_report_is_cut_where_the_tenant_lives(week: None, login: Login) -> None:
    report = await read(login, "weekly/2026-W47", "sales_director")
    assert (report["period"], report["before"]) == ("2026-W47", "2026-W46")
    assert (report["first_day"], report["last_day"]) == ("2026-11-16", "2026-11-22")
    assert report["zone"] == "Asia/Shanghai"
    assert report["as_of"].endswith("Z")
    (section,) = report["currencies"]
    assert section["currency"] == "CNY"
    assert section["won"] == {
        "count": {"value": 2, "before": 1, "change": "100.00"},
        "amount": {"value": "400.00", "before": "200.00", "change": "100.00"},
    }
    assert section["win_rate"] == {"by_count": "66.67", "by_value": "80.00"}
    assert section["average_deal"] == "300.00"
    assert section["received"]["amount"] == {"value": "30.00", "before": "0.00", "change": None}
    assert section["opened"]["count"] == {"value": 0, "before": 4, "change": "-100.00"}


async def test_deals_won_are_broken_down_in_this_period_alone(week: None, login: Login) -> None:
    report = await read(login, "weekly/2026-W47", "finance")
    won_by = report["currencies"][0]["won_by"]
    assert won_by["owner"] == [
        {"key": str(REP), "label": "Li Na", "count": 1, "amount": "300.00", "share": "75.00"},
        {"key": str(OTHER), "label": "", "count": 1, "amount": "100.00", "share": "25.00"},
    ]
    assert [share["key"] for share in won_by["team"]] == ["cn/east/1", "cn/west"]
    assert [share["key"] for share in won_by["region"]] == ["East", "West"]
    assert [share["amount"] for share in won_by["product"]] == ["400.00"]
    assert [share["amount"] for share in won_by["source"]] == ["400.00"]


async def test_leads_and_activities_are_counted(week: None, login: Login) -> None:
    report = await read(login, "weekly/2026-W47", "sales_director")
    leads = report["leads"]
    assert leads["created"] == {"value": 2, "before": 0, "change": None}
    assert (leads["cohort_qualified"], leads["cohort_converted"]) == (1, 1)
    assert leads["conversion"] == "50.00"
    assert report["activities"] == [
        {"kind": "visit", "done": {"value": 1, "before": 0, "change": None}}
    ]


async def test_the_monthly_report_holds_all_of_the_month(week: None, login: Login) -> None:
    report = await read(login, "monthly/2026-11", "sales_director")
    assert (report["period"], report["before"]) == ("2026-11", "2026-10")
    assert report["last_day"] == "2026-11-30"
    assert report["currencies"][0]["won"]["amount"]["value"] == "600.00"


async def test_a_rep_reads_a_report_of_their_own_deals(week: None, login: Login) -> None:
    report = await read(login, "weekly/2026-W47", "sales_rep", member=REP, team="cn/east/1")
    section = report["currencies"][0]
    assert section["won"]["amount"]["value"] == "300.00"
    assert [share["key"] for share in section["won_by"]["team"]] == ["cn/east/1"]


async def test_a_tenant_nobody_has_told_of_gets_an_empty_report(login: Login) -> None:
    report = await read(login, "monthly/2026-11", "sales_director", tenant=ids.new())
    assert report["zone"] == "UTC"
    assert report["currencies"][0]["won"]["count"] == {"value": 0, "before": 0, "change": None}


@pytest.mark.parametrize("path", ["weekly/2026-11", "monthly/2026-W47", "weekly/now"])
async def test_another_kind_of_period_is_refused(login: Login, path: str) -> None:
    caller = await login("reporting", "sales_director")
    answer = await caller.get(f"/v1/reports/{path}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "period.invalid"


async def test_roles_without_figures_get_no_report(login: Login) -> None:
    caller = await login("reporting", "partner")
    assert (await caller.get("/v1/reports/weekly/2026-W47")).status_code == 403


async def test_graphql_tells_the_same_report(week: None, login: Login) -> None:
    caller = await login("reporting", "sales_director")
    query = """{
      weeklyReport(week: "2026-W47") { ...all }
      monthlyReport(month: "2026-11") { lastDay currencies { won { amount { value } } } }
    }
    fragment all on Report {
      period lastDay zone
      leads { created { value change } conversion }
      activities { kind done { value } }
      currencies {
        won { count { value before change } amount { value before change } }
        winRate { byCount byValue } averageDeal
        wonBy { owner { key label count amount share } }
      }
    }"""
    answer = await caller.graphql("reporting", query)
    assert "errors" not in answer, answer
    weekly, monthly = answer["data"]["weeklyReport"], answer["data"]["monthlyReport"]
    rest = await read(login, "weekly/2026-W47", "sales_director")
    (shown,), (known,) = weekly["currencies"], rest["currencies"]
    assert shown["won"] == known["won"]
    assert shown["wonBy"]["owner"] == known["won_by"]["owner"]
    assert shown["averageDeal"] == known["average_deal"]
    assert shown["winRate"] == {"byCount": "66.67", "byValue": "80.00"}
    assert weekly["leads"] == {"created": {"value": 2, "change": None}, "conversion": "50.00"}
    assert weekly["lastDay"] == rest["last_day"]
    assert monthly["currencies"] == [{"won": {"amount": {"value": "600.00"}}}]


class Counted(Reading):
    """A reading that knows how many statements it ran."""

    statements = 0

    async def fetch(self, sql: str, *arguments: Any, of: Any = None) -> list[Any]:
        type(self).statements += 1
        return await super().fetch(sql, *arguments, of=of)


async def test_a_report_takes_four_statements_however_much_it_tells(
    week: None, login: Login
) -> None:
    caller = await login("reporting", "sales_manager", team="cn")
    executor = caller.executor
    reading = Counted(executor.database, executor.policy, caller.actor, clock.now())
    report = await get_report(reading, Grain.WEEK, "2026-W47")
    assert len(report.currencies[0].won_by.owner) == 2
    assert Counted.statements == 4
