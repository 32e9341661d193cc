"""What callers are answered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.reporting.rollup import queries
from services.reporting.rollup.domain import FIGURES
from services.reporting.rollup.schemas import MeasureList, RollupRead
from tests.reporting.conftest import Fold, Told, wire

EAST, WEST = UUID(int=21), UUID(int=22)
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
async def sold(fold: Fold, told: Told) -> None:
    """Three deals in two currencies, two weeks, two regions; two calls and a visit."""
    deals: list[dict[str, Any]] = [
        {"owner_id": EAST, "team": "cn/east/1", "region": "East", "amount": "100.10"},
        {"owner_id": WEST, "team": "cn/west", "region": "West", "amount": "50.00"},
        {"owner_id": WEST, "team": "cn/west", "region": "West", "amount": "7.00"},
    ]
    dated = [MAY, MAY + timedelta(6), MAY + timedelta(7)]
    money = ["USD", "USD", "CNY"]
    won = [
        told("opportunity", opened_at=at, won_at=at, currency=currency, **deal)
        for deal, at, currency in zip(deals, dated, money, strict=True)
    ]
    done = [
        told("activity", kind=kind, done_at=MAY, owner_id=EAST, team="cn/east/1")
        for kind in ("call", "call", "visit")
    ]
    people = [
        told("member", EAST, name="Zhao", team="cn/east/1"),
        told("member", WEST, name="Bai", team="cn/west"),
    ]
    await fold([*won, *done, *people])


async def items(caller: Caller, **asked: str) -> list[dict[str, Any]]:
    answer = await caller.get("/v1/rollups", params=YEAR | asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    RollupRead.model_validate(body)
    found: list[dict[str, Any]] = body["items"]
    return found


async def test_amounts_are_text_of_two_decimals_cut_by_currency(sold: None, login: Login) -> None:
    caller = await login("reporting", "finance")
    assert await items(caller, measure="opportunity_won_amount", grain="quarter") == [
        {"period": "2026-Q2", "value": "7.00", "currency": "CNY"},
        {"period": "2026-Q2", "value": "150.10", "currency": "USD"},
    ]


async def test_counts_are_numbers_over_all_currencies(sold: None, login: Login) -> None:
    caller = await login("reporting", "auditor")
    assert await items(caller, measure="opportunities_won", grain="month") == [
        {"period": "2026-05", "value": 3, "currency": None}
    ]


@pytest.mark.parametrize(
    ("grain", "periods"),
    [
        ("day", {"2026-05-04": 1, "2026-05-10": 1, "2026-05-11": 1}),
        ("week", {"2026-W19": 2, "2026-W20": 1}),
        ("month", {"2026-05": 3}),
        ("quarter", {"2026-Q2": 3}),
    ],
)
async def test_periods_are_cut_by_grain(
    sold: None, login: Login, grain: str, periods: dict[str, int]
) -> None:
    caller = await login("reporting", "marketing")
    found = await items(caller, measure="opportunities_won", grain=grain)
    assert {item["period"]: item["value"] for item in found} == periods


async def test_a_week_at_the_turn_of_the_year_has_the_label_of_its_thursday(
    fold: Fold, told: Told, login: Login
) -> None:
    await fold(
        [
            told("receipt", received_at=datetime(2026, 12, 31, 12, tzinfo=UTC)),
            told("receipt", received_at=datetime(2027, 1, 3, 12, tzinfo=UTC)),
            told("receipt", received_at=datetime(2027, 1, 4, 12, tzinfo=UTC)),
        ]
    )
    caller = await login("reporting", "finance")
    found = await items(caller, measure="receipts", grain="week", to="2027-12-31")
    assert [(item["period"], item["value"]) for item in found] == [
        ("2026-W53", 2),
        ("2027-W01", 1),
    ]


async def test_what_campaigns_bring_and_cost_is_cut_by_them_and_by_their_source(
    fold: Fold, told: Told, login: Login
) -> None:
    """Two campaigns of one source: what is told of deals cannot tell them apart."""
    spring, autumn = sorted((ids.new(), ids.new()))
    fair = {"source": "fair"}
    of_spring, of_autumn = ({"source": "fair", "campaign_id": each} for each in (spring, autumn))
    moved = told("lead", received_at=MAY, campaign_id=spring)
    await fold(
        [
            told("lead", received_at=MAY, converted_at=MAY, referrer_id=EAST, **of_spring),
            told("lead", received_at=MAY, **fair),
            told("lead", received_at=MAY, deleted_at=MAY, **of_spring),
            moved,
            told("campaign_cost", spent_at=MAY, amount="70.00", currency="CNY", **of_spring),
            told("campaign_cost", spent_at=MAY, amount="30.00", currency="CNY", **of_autumn),
            told("campaign_cost", spent_at=MAY, amount="9.00", deleted_at=MAY, **fair),
            told("visit", visited_at=MAY, **of_spring),
            told("opportunity", opened_at=MAY, won_at=MAY, amount="500.00", **fair),
        ]
    )
    await fold([told("lead", moved.subject, 2, received_at=MAY, campaign_id=autumn, **fair)])
    caller = await login("reporting", "marketing")
    for measure, by_source, by_campaign in (
        ("leads_created", 3, {spring: 1, autumn: 1}),
        ("leads_converted", 1, {spring: 1}),
        ("leads_of_campaigns", 2, {spring: 1, autumn: 1}),
        ("leads_referred", 1, {spring: 1}),
        ("visitors", 1, {spring: 1}),
        ("campaign_costs", 2, {spring: 1, autumn: 1}),
        ("campaign_cost_amount", "100.00", {spring: "70.00", autumn: "30.00"}),
        ("opportunity_won_amount", "500.00", None),
    ):
        (item,) = await items(caller, measure=measure, grain="month", by="source")
        assert (item["source"], item["value"]) == ("fair", by_source), measure
        if by_campaign is None:
            continue
        for then in ({}, {"as_of": f"{clock.now().isoformat()[:26]}Z"}):
            found = await items(caller, measure=measure, grain="month", by="campaign", **then)
            told_of = {UUID(item["campaign_id"]): item["value"] for item in found}
            assert told_of == by_campaign, (measure, then)
        (item,) = await items(caller, measure=measure, grain="week", campaign_id=str(spring))
        assert item["value"] == by_campaign[spring]


async def test_a_campaign_that_leads_left_is_told_with_the_events_that_took_them(
    fold: Fold, told: Told, login: Login, tenant: UUID
) -> None:
    spring, autumn, lead, then = ids.new(), ids.new(), ids.new(), MAY + timedelta(1)
    await fold([wire(tenant, "lead", lead, 1, recorded=MAY, received_at=MAY, campaign_id=spring)])
    moved: dict[str, Any] = {"received_at": MAY, "campaign_id": autumn}
    await fold([wire(tenant, "lead", lead, 2, recorded=then, **moved)])
    caller = await login("reporting", "marketing")
    asked = {"measure": "leads_created", "campaign_id": f"{autumn}"}
    found = (await caller.get("/v1/rollups/lineage", params=asked | {"period": "2026-05"})).json()
    assert [(each["id"], len(each["events"])) for each in found["items"]] == [(f"{lead}", 2)]
    assert found["figure"] == [{"value": 1, "currency": None}]
    between = {"from_as_of": "2026-05-04T10:00:00Z", "measure": "leads_created", "by": "campaign"}
    pages: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        asked = YEAR | between | {"grain": "month", "limit": "1"} | cursor
        page = (await caller.get("/v1/rollups/diff", params=asked)).json()
        pages += [(each["campaign_id"], each["difference"]) for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == sorted([(f"{spring}", -1), (f"{autumn}", 1)])


@pytest.mark.parametrize(
    ("asked", "at"),
    [
        ({"by": "campaign"}, "/by"),
        ({"by": "source", "campaign_id": str(UUID(int=1))}, "/campaign_id"),
        ({"measure": "leads_created", "campaign_id": "fair"}, "/campaign_id"),
    ],
)
async def test_what_is_told_of_no_campaign_is_not_cut_by_it(
    login: Login, asked: dict[str, str], at: str
) -> None:
    caller = await login("reporting", "marketing")
    known = YEAR | {"measure": "opportunities_won", "grain": "month"}
    answer = await caller.get("/v1/rollups", params=known | asked)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
        "parameter.invalid",
        at,
    )


async def test_what_was_signed_with_key_accounts_and_through_partners_is_told_apart(
    fold: Fold, told: Told, login: Login
) -> None:
    await fold(
        [
            told("contract", signed_at=MAY, amount="500.00", account_tier="key"),
            told("contract", signed_at=MAY, amount="90.00", channel_partner_id=EAST),
            told("contract", signed_at=MAY, voided_at=MAY, account_tier="key"),
            told("contract", account_tier="key", channel_partner_id=EAST),
            told("contract", signed_at=MAY, amount="7.00", campaign_id=WEST),
        ]
    )
    caller = await login("reporting", "finance")
    for measure, value in (
        ("contract_signed_amount", "597.00"),
        ("contracts_of_key_accounts", 1),
        ("contracts_of_key_accounts_amount", "500.00"),
        ("contracts_of_partners", 1),
        ("contracts_of_partners_amount", "90.00"),
    ):
        (item,) = await items(caller, measure=measure, grain="quarter")
        assert item["value"] == value, measure
    (item,) = await items(caller, measure="contract_signed_amount", grain="quarter", by="campaign")
    assert (item["campaign_id"], item["value"]) == (str(WEST), "7.00")


async def test_questions_are_counted_by_when_they_were_asked(
    fold: Fold, told: Told, login: Login
) -> None:
    later = MAY + timedelta(days=40)
    await fold(
        [
            told("enquiry", received_at=MAY, answered_at=MAY, kept_at=MAY),
            told("enquiry", received_at=MAY, answered_at=later),
            told("enquiry", received_at=MAY),
        ]
    )
    caller = await login("reporting", "marketing")
    for measure, value in (
        ("enquiries", 3),
        ("enquiry_cohort_answered", 2),
        ("enquiry_cohort_in_time", 1),
    ):
        (item,) = await items(caller, measure=measure, grain="month")
        assert (item["period"], item["value"]) == ("2026-05", value)


async def test_first_answers_are_counted_by_when_the_lead_came(
    fold: Fold, told: Told, login: Login
) -> None:
    due = MAY + timedelta(hours=4)
    clock = {"received_at": MAY, "first_response_due_at": due}
    in_time = {"first_responded_at": due, "first_response_minutes": 60}
    late = {"first_responded_at": due + timedelta(1), "first_response_minutes": 61}
    await fold(
        [
            told("lead", **clock, **in_time),
            told("lead", **clock, **late),
            told("lead", **clock, channel_partner_id=EAST),
            told("lead", received_at=MAY, channel_partner_id=EAST, converted_at=due),
            told("account", contacted_at=MAY, customer_since=MAY, lifecycle="customer"),
            told("account", customer_since=MAY, lifecycle="lost", lifecycle_at=due),
        ]
    )
    caller = await login("reporting", "sales_director")
    for measure, value in (
        ("lead_cohort_to_answer", 3),
        ("lead_cohort_answered", 2),
        ("lead_cohort_in_time", 1),
        ("lead_cohort_within_60", 1),
        ("lead_cohort_within_240", 2),
        ("leads_of_partners", 2),
        ("leads_of_partners_converted", 1),
        ("customers_won", 2),
        ("customers_lost", 1),
    ):
        for grain, period in (("week", "2026-W19"), ("month", "2026-05")):
            (item,) = await items(caller, measure=measure, grain=grain, by="team")
            assert (item["period"], item["value"]) == (period, value), measure
    assert await items(caller, measure="lead_cohort_within_15", grain="month") == []


async def test_owners_are_shown_by_name_and_sorted_by_it(sold: None, login: Login) -> None:
    caller = await login("reporting", "sales_director")
    found = await items(caller, measure="opportunities_won", grain="quarter", by="owner,region")
    assert found == [
        {
            "period": "2026-Q2",
            "owner_id": str(owner),
            "owner": name,
            "region": region,
            "value": value,
            "currency": None,
        }
        for owner, name, region, value in ((WEST, "Bai", "West", 2), (EAST, "Zhao", "East", 1))
    ]


async def test_activities_are_cut_by_kind(sold: None, login: Login) -> None:
    caller = await login("reporting", "sales_director")
    found = await items(caller, measure="activities", grain="day", by="kind")
    assert [(item["kind"], item["value"]) for item in found] == [("call", 2), ("visit", 1)]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"region": "West"}, 2),
        ({"region": "West,East"}, 3),
        ({"currency": "USD"}, 2),
        ({"owner_id": str(EAST)}, 1),
        ({"team": "cn/west", "currency": "CNY"}, 1),
        ({"from": "2026-05-10"}, 2),
        ({"to": "2026-05-10"}, 2),
    ],
)
async def test_filters_and_days_narrow_what_counts(
    sold: None, login: Login, given: dict[str, str], value: int
) -> None:
    caller = await login("reporting", "sales_director")
    (item,) = await items(caller, measure="opportunities_won", grain="quarter", **given)
    assert item["value"] == value


async def test_what_is_zero_is_left_out(sold: None, fold: Fold, told: Told, login: Login) -> None:
    caller, deal = await login("reporting", "sales_director"), ids.new()
    await fold([told("opportunity", deal, lost_at=MAY)])
    assert await items(caller, measure="opportunities_lost", grain="day")
    await fold([told("opportunity", deal, 2)])
    assert await items(caller, measure="opportunities_lost", grain="day") == []
    assert await items(caller, measure="opportunity_lost_amount", grain="day") == []


async def test_a_rep_sees_their_own_figures_and_a_manager_those_of_the_teams_below(
    sold: None, login: Login
) -> None:
    asked = {"measure": "opportunities_won", "grain": "quarter", "by": "team"}
    rep = await login("reporting", "sales_rep", member=EAST, team="cn/east/1")
    colleague = await login("reporting", "sales_rep", team="cn/east/1")
    manager = await login("reporting", "sales_manager", team="cn/east")
    unassigned = await login("reporting", "sales_manager", team="")
    assert [item["team"] for item in await items(rep, **asked)] == ["cn/east/1"]
    assert await items(colleague, **asked) == []
    assert [item["team"] for item in await items(manager, **asked)] == ["cn/east/1"]
    assert await items(manager, **asked, region="West") == []
    assert await items(unassigned, **asked) == []


@pytest.mark.parametrize("role", ["delivery", "partner"])
async def test_roles_without_figures_are_turned_away(login: Login, role: str) -> None:
    caller = await login("reporting", role)
    asked = YEAR | {"measure": "leads_created", "grain": "day"}
    answer = await caller.get("/v1/rollups", params=asked)
    assert answer.status_code == 403


async def test_another_tenant_sees_nothing(sold: None, login: Login) -> None:
    stranger = await login("reporting", "admin", tenant=ids.new())
    assert await items(stranger, measure="opportunities_won", grain="day") == []


async def test_a_bad_parameter_is_refused_by_name(login: Login) -> None:
    caller = await login("reporting", "finance")
    asked = YEAR | {"measure": "leads_created", "grain": "day"}
    answer = await caller.get("/v1/rollups", params=asked | {"regoin": "East"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "parameter.unknown"
    assert answer.json()["errors"][0]["pointer"] == "/regoin"


async def test_an_answer_that_would_be_too_long_is_refused(
    sold: None, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await login("reporting", "finance")
    monkeypatch.setattr(queries, "_MOST_ITEMS", 2)
    asked = YEAR | {"measure": "opportunities_won", "grain": "day"}
    answer = await caller.get("/v1/rollups", params=asked)
    assert answer.json()["code"] == "rollup.too_large"


async def test_the_catalogue_names_every_figure_in_two_languages(login: Login) -> None:
    caller = await login("reporting", "sales_rep")
    found = (await caller.get("/v1/measures")).json()
    MeasureList.model_validate(found)
    assert [item["name"] for item in found["items"]] == list(FIGURES)
    assert {"unit": "amount", "zh": "赢单金额"}.items() <= next(
        item for item in found["items"] if item["name"] == "opportunity_won_amount"
    ).items()


async def test_graphql_answers_the_same(sold: None, fold: Fold, told: Told, login: Login) -> None:
    await fold([told("lead", received_at=MAY, campaign_id=EAST)])
    caller = await login("reporting", "sales_director")
    query = """
      query ($owner: [UUID!]) {
        won: rollup(measure: "opportunity_won_amount", grain: MONTH, from: "2026-01-01",
                    to: "2026-12-31", by: ["owner"], filter: {ownerId: $owner}) {
          grain items { period owner ownerId region count amount { amount currency } }
        }
        brought: rollup(measure: "leads_created", grain: MONTH, from: "2026-01-01",
                        to: "2026-12-31", by: ["campaign"]) { items { campaignId count } }
        calls: rollup(measure: "activities", grain: WEEK, from: "2026-01-01", to: "2026-12-31",
                      filter: {kind: ["call"]}) { items { period count amount { amount } } }
        measures { name unit zh }
      }"""
    answer = await caller.graphql("reporting", query, owner=[str(WEST)])
    assert "errors" not in answer, answer
    data = answer["data"]
    assert data["won"]["grain"] == "MONTH"
    assert data["won"]["items"] == [
        {
            "period": "2026-05",
            "owner": "Bai",
            "ownerId": str(WEST),
            "region": None,
            "count": None,
            "amount": {"amount": amount, "currency": currency},
        }
        for amount, currency in (("7.00", "CNY"), ("50.00", "USD"))
    ]
    assert data["brought"]["items"] == [{"campaignId": str(EAST), "count": 1}]
    assert data["calls"]["items"] == [{"period": "2026-W19", "count": 2, "amount": None}]
    assert len(data["measures"]) == len(FIGURES)


async def test_graphql_refuses_what_rest_refuses(login: Login) -> None:
    caller = await login("reporting", "sales_director")
    query = """{ rollup(measure: "leads", grain: DAY, from: "2026-01-01", to: "2026-01-02")
                 { measure } }"""
    answer = await caller.graphql("reporting", query)
    assert answer["errors"][0]["extensions"]["code"] == "parameter.invalid"
