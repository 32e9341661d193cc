"""The forms of a report over the API."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import msgspec
import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.plugin import Login
from services.reporting.app import service
from services.reporting.pages.as_html import POLICY
from tests.reporting.conftest import Fold, Told
from tests.reporting.reading import Page, csv_rows, sheets
from tests.reporting.samples import SCRIPT

REP, OTHER = UUID(int=31), UUID(int=32)
MONDAY = datetime(2026, 11, 15, 17, tzinfo=UTC)
LONG_AGO = datetime(2026, 9, 9, 1, tzinfo=UTC)
FORMS: dict[str, Callable[[bytes], str]] = {
    "html": lambda body: str([t.rows for t in Page(body).tables]),
    "csv": lambda body: str(csv_rows(body)),
    "xlsx": lambda body: str(sheets(body)),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def week(fold: Fold, told: Told, tenant: UUID) -> None:
    """A deal of each of two owners, one of whom has a script for a name; one deal weeks ago."""
    rep = {"owner_id": REP, "team": "cn/east/1", "region": "East", "currency": "CNY"}
    other = {"owner_id": OTHER, "team": "cn/west", "region": "West", "currency": "CNY"}
    await fold(
        [
            told("tenant", tenant, name="恒岭", time_zone="Asia/Shanghai", base_currency="CNY"),
            told("member", REP, name=SCRIPT, team="cn/east/1"),
            told("member", OTHER, name="王静", team="cn/west"),
            told("opportunity", amount="1300.25", opened_at=LONG_AGO, won_at=MONDAY, **rep),
            told("opportunity", amount="100.00", opened_at=LONG_AGO, won_at=MONDAY, **other),
            told("opportunity", amount="55.00", opened_at=LONG_AGO, won_at=LONG_AGO, **other),
            told("receipt", amount="30.00", received_at=MONDAY, **rep),
            told("lead", owner_id=REP, received_at=MONDAY),
        ]
    )


async def get(login: Login, query: str, *roles: str, **options: Any) -> httpx.Response:
    headers = options.pop("headers", None)
    path = options.pop("path", "weekly/2026-W47")
    caller = await login("reporting", *(roles or ("sales_director",)), **options)
    return await caller.get(f"/v1/reports/{path}?{query}", headers=headers)


def owners(body: bytes) -> dict[str, str]:
    return {r["label"]: r["value"] for r in csv_rows(body)
            if (r["table"], r["figure"]) == ("won_by_owner", "amount")}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "media_type", "kind"),
    [
        ("html", "text/html; charset=utf-8", "inline"),
        ("csv", "text/csv; charset=utf-8", "attachment"),
        ("xlsx", XLSX, "attachment"),
    ],
)
async def test_a_form_says_what_it_is_and_how_to_be_called(
    week: None, login: Login, form: str, media_type: str, kind: str
) -> None:
    answer = await get(login, f"format={form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    said = answer.headers["content-disposition"]
    assert said.startswith(f'{kind}; filename="weekly-report-2026-W47.{form}"; ')
    assert unquote(said.partition("UTF-8''")[2]) == f"销售周报 2026-W47.{form}"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_json_is_what_comes_unless_another_form_is_asked_for(
    week: None, login: Login
) -> None:
    plain = await get(login, "", headers={"accept": "text/html"})
    assert plain.headers["content-type"] == "application/json"
    asked = await get(login, "format=json&lang=en")
    assert asked.json() | {"as_of": ""} == plain.json() | {"as_of": ""}


async def test_every_form_tells_what_json_tells(week: None, login: Login) -> None:
    report = (await get(login, "")).json()
    won_by = report["currencies"][0]["won_by"]["owner"]
    expected = {share["label"]: share["amount"] for share in won_by}
    assert expected == {SCRIPT: "1300.25", "王静": "100.00"}
    assert owners((await get(login, "format=csv")).content) == expected
    book = sheets((await get(login, "format=xlsx")).content)
    assert [(r[0], f"{r[2]:.2f}") for r in book["赢单：按负责人 CNY"][1:]] == [*expected.items()]
    page = Page((await get(login, "format=html")).content)
    (table,) = [each for each in page.tables if each.name == "CNY-won_by_owner"]
    assert [(r[0], r[2].replace(",", "")) for r in table.rows[1:]] == [*expected.items()]


@pytest.mark.parametrize("path", ["weekly/2026-W47", "monthly/2026-11"])
async def test_each_form_is_that_of_its_instant(
    week: None, fold: Fold, told: Told, login: Login, path: str
) -> None:
    """A deal that is won later for more than all the others shows in none of them."""
    then = clock.now().isoformat().replace("+", "%2B")
    first = {form: (await get(login, f"format={form}", path=path)).content for form in FORMS}
    late = {"owner_id": REP, "team": "cn/east/1", "region": "East", "currency": "CNY"}
    won = told("opportunity", amount="7654321.25", opened_at=LONG_AGO, won_at=MONDAY, **late)
    await fold([msgspec.structs.replace(won, recordedat=clock.now())])
    for form, read in FORMS.items():
        now = read((await get(login, f"format={form}", path=path)).content)
        assert "7655621.5" in now.replace(",", ""), form
        past = read((await get(login, f"format={form}&as_of={then}", path=path)).content)
        assert _undated(past) == _undated(read(first[form])), form


def _undated(told: str) -> str:
    """Without the instant that each form says it is of."""
    return re.sub(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)?", "", told)


async def test_a_name_that_is_a_script_stays_a_name(week: None, login: Login) -> None:
    answer = await get(login, "format=html")
    assert SCRIPT.encode() not in answer.content
    assert Page(answer.content).having("script") == []


async def test_the_trend_reaches_back_and_is_cut_like_the_report(week: None, login: Login) -> None:
    report = (await get(login, "")).json()
    trend = report["currencies"][0]["trend"]
    assert [trend[0]["period"], trend[-1]["period"]] == ["2026-W36", "2026-W47"]
    assert trend[-1]["won"] == {"count": 2, "amount": "1400.25"}
    assert trend[1]["won"] == {"count": 1, "amount": "55.00"}
    assert report["leads"]["trend"][-1]["created"] == 1
    monthly = (await get(login, "", path="monthly/2026-11")).json()
    points = {each["period"]: each["won"]["count"] for each in monthly["currencies"][0]["trend"]}
    assert len(points) == 12
    assert (points["2026-09"], points["2026-11"], points["2026-10"]) == (1, 2, 0)


@pytest.mark.parametrize("form", ["html", "csv", "xlsx"])
async def test_a_rep_finds_nobody_elses_deals_in_any_form(
    week: None, login: Login, form: str
) -> None:
    answer = await get(login, f"format={form}", "sales_rep", member=OTHER, team="cn/west")
    if form == "csv":
        assert owners(answer.content) == {"王静": "100.00"}
        told = {
            r["row"]: r["value"] for r in csv_rows(answer.content) if r["figure"] == "won_amount"
        }
        assert (told["2026-W37"], told["2026-W47"]) == ("55.00", "100.00")
    elif form == "xlsx":
        assert [r[0] for r in sheets(answer.content)["赢单：按负责人 CNY"][1:]] == ["王静"]
    else:
        assert SCRIPT not in Page(answer.content).texts


async def test_roles_without_figures_get_none_in_any_form(login: Login) -> None:
    for form in ("html", "csv", "xlsx"):
        answer = await get(login, f"format={form}", "partner")
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "accepted", "title"),
    [
        ("", "", "销售周报 2026-W47"),
        ("", "en-GB,en;q=0.9,zh;q=0.1", "Weekly sales report 2026-W47"),
        ("&lang=zh", "en", "销售周报 2026-W47"),
        ("&lang=en", "zh-CN", "Weekly sales report 2026-W47"),
    ],
)
async def test_the_language_is_the_one_asked_for_else_the_browsers_else_chinese(
    login: Login, query: str, accepted: str, title: str
) -> None:
    answer = await get(login, f"format=html{query}", headers={"accept-language": accepted})
    assert title in Page(answer.content).texts
    assert answer.headers["vary"] == "accept-language"


@pytest.mark.parametrize("query", ["format=pdf", "format=", "lang=fr", "format=html&lang="])
async def test_a_form_or_language_that_does_not_exist_is_refused(login: Login, query: str) -> None:
    answer = await get(login, query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] in {"/format", "/lang"}


async def test_a_company_without_any_record_gets_a_page_that_says_so(login: Login) -> None:
    answer = await get(login, "format=html&lang=en", tenant=ids.new())
    assert "Nothing happened in this period." in Page(answer.content).texts


def test_the_interface_document_names_every_form() -> None:
    paths = service.api(service.settings.load()).openapi()["paths"]
    for path in ("/v1/reports/weekly/{week}", "/v1/reports/monthly/{month}"):
        told = paths[path]["get"]
        assert set(told["responses"]["200"]["content"]) == {
            "application/json",
            "text/html",
            "text/csv",
            XLSX,
        }
        assert {"format", "lang"} <= {each.get("name") for each in told["parameters"]}
