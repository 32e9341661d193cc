"""Whatever order, repetition and batching events come in, the figures are those of the newest."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkit.db.pool import Database
from crmkit.events.envelope import Wire
from crmkit.kernel import ids
from services.reporting.fact.statements import SHAPES
from services.reporting.rollup import statements
from services.reporting.rollup.consumers import stage
from services.reporting.rollup.truth import SUMS, check
from tests.reporting.conftest import Fold, wire

Key = tuple[str, date, UUID, str, str, str]
"""Measure, day, owner, region, kind, currency."""
Figures = dict[Key, tuple[int, Decimal]]

_, campaigns, weeks = SUMS
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")
INSTANTS = st.integers(0, 30 * 86400).map(
    lambda seconds: datetime(2026, 3, 7, tzinfo=UTC) + timedelta(seconds=seconds)
)
MAYBE = st.none() | INSTANTS
SOMEBODY = st.none() | st.just(UUID(int=3))
FAIR = UUID(int=4)
NOBODY = UUID(int=0)
CAMPAIGN = st.sampled_from((None, FAIR, UUID(int=5)))
AMOUNTS = st.decimals("0.00", "99.99", places=2).map(str)
STATES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "lead": {
        "received_at": INSTANTS,
        "qualified_at": MAYBE,
        "converted_at": MAYBE,
        "campaign_id": CAMPAIGN,
        "referrer_id": SOMEBODY,
        "channel_partner_id": SOMEBODY,
        "first_response_due_at": MAYBE,
        "first_responded_at": MAYBE,
        "first_response_minutes": st.sampled_from((None, 0, 15, 16, 240, 241, 9000)),
    },
    "activity": {
        "done_at": MAYBE,
        "due_at": MAYBE,
        "kind": st.sampled_from(("call", "visit", "site_show", "demo")),
        "status": st.sampled_from(("planned", "done", "cancelled")),
        "direction": st.sampled_from((None, "outbound", "inbound")),
        "connected": st.sampled_from((None, True, False)),
        "with_customer": st.sampled_from((None, True, False)),
    },
    "opportunity": {"opened_at": INSTANTS, "won_at": MAYBE, "lost_at": MAYBE, "amount": AMOUNTS},
    "contract": {
        "signed_at": MAYBE,
        "voided_at": MAYBE,
        "amount": AMOUNTS,
        "campaign_id": CAMPAIGN,
        "channel_partner_id": SOMEBODY,
        "account_tier": st.sampled_from(("", "key", "ordinary")),
    },
    "receipt": {"received_at": INSTANTS, "amount": AMOUNTS},
    "account": {
        "contacted_at": MAYBE,
        "customer_since": MAYBE,
        "lifecycle": st.sampled_from(("prospect", "customer", "lost")),
        "lifecycle_at": MAYBE,
    },
    "survey": {
        "kind": st.just("research"),
        "sent_at": MAYBE,
        "answered_at": MAYBE,
        "pleased": st.sampled_from((None, True, False)),
    },
    "campaign_cost": {
        "spent_at": INSTANTS,
        "amount": AMOUNTS,
        "kind": st.sampled_from(("media", "venue")),
        "campaign_id": st.sampled_from((FAIR, UUID(int=5))),
    },
    "visit": {"visited_at": INSTANTS, "campaign_id": CAMPAIGN},
    "enquiry": {
        "received_at": INSTANTS,
        "answered_at": MAYBE,
        "kept_at": MAYBE,
        "campaign_id": CAMPAIGN,
    },
    "feedback": {
        "kind": st.sampled_from(("process", "tool")),
        "received_at": INSTANTS,
        "done_at": MAYBE,
        "sender_id": SOMEBODY,
    },
}
SHARED = {
    "owner_id": st.sampled_from((UUID(int=1), UUID(int=2))),
    "region": st.sampled_from(("East", "西部")),
}
DELETABLE = {"lead", "account", "activity", "opportunity", "campaign_cost"}
PRICED = {"opportunity", "contract", "receipt", "campaign_cost"}
COUNTED = {
    "lead": (
        ("leads_created", "received_at", None),
        ("leads_qualified", "qualified_at", None),
        ("leads_converted", "converted_at", None),
        ("lead_cohort_qualified", "received_at", "qualified_at"),
        ("lead_cohort_converted", "received_at", "converted_at"),
        ("leads_of_campaigns", "received_at", "campaign_id"),
        ("leads_referred", "received_at", "referrer_id"),
        ("leads_of_partners", "received_at", "channel_partner_id"),
        ("leads_of_partners_converted", "received_at", "channel_partner_id"),
        ("lead_cohort_to_answer", "received_at", "first_response_due_at"),
        ("lead_cohort_answered", "received_at", "first_response_minutes"),
        ("lead_cohort_in_time", "received_at", "first_response_due_at"),
        *((f"lead_cohort_within_{n}", "received_at", None) for n in (15, 60, 240, 480)),
    ),
    "activity": (
        ("activities", "done_at", None),
        ("calls_made", "done_at", None),
        ("calls_connected", "done_at", None),
        ("visits", "done_at", None),
        ("customer_visits", "done_at", None),
        ("tasks_assigned", "due_at", None),
        ("tasks_done", "due_at", "done_at"),
    ),
    "opportunity": (
        ("opportunities_created", "opened_at", None),
        ("opportunities_won", "won_at", None),
        ("opportunities_lost", "lost_at", None),
    ),
    "contract": (
        ("contracts_signed", "signed_at", None),
        ("contracts_of_key_accounts", "signed_at", None),
        ("contracts_of_partners", "signed_at", "channel_partner_id"),
    ),
    "receipt": (("receipts", "received_at", None),),
    "account": (
        ("customers_contacted", "contacted_at", None),
        ("customers_won", "customer_since", None),
        ("customers_lost", "lifecycle_at", None),
    ),
    "survey": (
        ("surveys_sent", "sent_at", None),
        ("surveys_answered", "sent_at", "answered_at"),
        ("surveys_scored", "sent_at", "pleased"),
        ("surveys_pleased", "sent_at", None),
    ),
    "campaign_cost": (("campaign_costs", "spent_at", None),),
    "visit": (("visitors", "visited_at", None),),
    "enquiry": (
        ("enquiries", "received_at", None),
        ("enquiry_cohort_answered", "received_at", "answered_at"),
        ("enquiry_cohort_in_time", "received_at", "kept_at"),
    ),
    "feedback": (
        ("feedback_received", "received_at", None),
        ("feedback_done", "done_at", None),
    ),
}
VISITS = {"visit", "return_visit", "site_show"}
MINUTES = "first_response_minutes"
ALSO: dict[str, Callable[[dict[str, Any]], bool]] = {
    "leads_of_partners_converted": lambda lead: lead["converted_at"] is not None,
    "lead_cohort_in_time": lambda lead: (
        lead["first_responded_at"] is not None
        and lead["first_responded_at"] <= lead["first_response_due_at"]
    ),
    "lead_cohort_within_15": lambda lead: lead[MINUTES] is not None and lead[MINUTES] <= 15,
    "lead_cohort_within_60": lambda lead: lead[MINUTES] is not None and lead[MINUTES] <= 60,
    "lead_cohort_within_240": lambda lead: lead[MINUTES] is not None and lead[MINUTES] <= 240,
    "lead_cohort_within_480": lambda lead: lead[MINUTES] is not None and lead[MINUTES] <= 480,
    "contracts_of_key_accounts": lambda contract: contract["account_tier"] == "key",
    "customers_lost": lambda account: account["lifecycle"] == "lost",
    "calls_made": lambda a: a["kind"] == "call" and a["direction"] == "outbound",
    "calls_connected": lambda a: (
        a["kind"] == "call" and a["direction"] == "outbound" and a["connected"] is True
    ),
    "visits": lambda a: a["kind"] in VISITS,
    "customer_visits": lambda a: a["kind"] in VISITS and a["with_customer"] is True,
    "tasks_assigned": lambda a: a["status"] != "cancelled",
    "surveys_pleased": lambda s: s["pleased"] is True,
}
"""What else has to hold for a measure to count a record."""

Story = list[tuple[str, int, int, dict[str, Any]]]
"""Aggregate, number of the record, version, state."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """The lives of a few records and of their tenant, in order."""
    told: Story = []
    for aggregate, own in STATES.items():
        deletable = {"deleted_at": MAYBE} if aggregate in DELETABLE else {}
        priced = {"currency": st.sampled_from(("CNY", "USD"))} if aggregate in PRICED else {}
        fields = own | SHARED | deletable | priced
        lives = draw(st.lists(st.lists(st.fixed_dictionaries(fields), max_size=4), max_size=3))
        for number, life in enumerate(lives):
            told += [(aggregate, number, v, state) for v, state in enumerate(life, 1)]
    zones = draw(st.lists(st.sampled_from(ZONES), max_size=3))
    return told + [("tenant", 0, v, {"time_zone": zone}) for v, zone in enumerate(zones, 1)]


def events(story: Story, tenant: UUID) -> list[Wire]:
    return [wire(tenant, a, ids.named(tenant, a, n), v, **state) for a, n, v, state in story]


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


def batches(told: Sequence[Wire], die: random.Random) -> list[list[Wire]]:
    """Everything at least once, some of it twice, in any order, cut anywhere."""
    deck = [*told, *(event for event in told if die.random() < 0.4)]
    die.shuffle(deck)
    cut: list[list[Wire]] = []
    while deck:
        size = die.randint(1, 8)
        cut.append(deck[:size])
        deck = deck[size:]
    return cut


def model(story: Story, campaign: UUID | None = None) -> Figures:
    """The figures by plain Python, from the newest state of each record; of a campaign's alone."""
    newest: dict[tuple[str, int], dict[str, Any]] = {}
    for aggregate, number, _, state in story:
        newest[aggregate, number] = state
    zone = ZoneInfo(newest.pop(("tenant", 0), {}).get("time_zone", "UTC"))
    figures: dict[Key, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal()))
    for (aggregate, _), state in newest.items():
        if state.get("deleted_at") or state.get("voided_at"):
            continue
        if campaign is not None and state.get("campaign_id") != campaign:
            continue
        for measure, instant, also in COUNTED[aggregate]:
            if state[instant] is None or (also and state[also] is None):
                continue
            if measure in ALSO and not ALSO[measure](state):
                continue
            day = state[instant].astimezone(zone).date()
            kind, currency = state.get("kind", ""), state.get("currency", "")
            owner = state.get("sender_id", state["owner_id"]) or NOBODY
            key = (measure, day, owner, state["region"], kind, currency)
            count, amount = figures[key]
            figures[key] = (count + 1, amount + Decimal(state.get("amount", 0)))
    return dict(figures)


async def kept(database: Database, tenant: UUID, campaign: UUID | None = None) -> Figures:
    table, of = ("rollup_day", []) if campaign is None else ("rollup_campaign", [campaign])
    async with database.system() as connection:
        found = await connection.fetch(
            f"select measure, day, owner_id, region, kind, currency, n, amount from {table}"
            f" where tenant_id = $1 {'and campaign_id = $2' * len(of)}"
            " and (n <> 0 or amount <> 0)",
            tenant,
            *of,
        )
    return {
        (r["measure"], r["day"], r["owner_id"], r["region"], r["kind"], r["currency"]): (
            r["n"],
            r["amount"],
        )
        for r in found
    }


async def won_by_plain_sql(database: Database, tenant: UUID) -> list[tuple[Any, ...]]:
    """One measure written out by hand, as a check on what MEASURES generates."""
    async with database.system() as connection:
        rows = await connection.fetch(
            """
            select (won_at at time zone coalesce(time_zone, 'UTC'))::date, currency, count(*),
              sum(amount)
            from fact_opportunity left join directory_tenant using (tenant_id)
            where tenant_id = $1 and won_at is not null and not deleted group by 1, 2
            """,
            tenant,
        )
    return sorted(tuple(row) for row in rows)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories(), seed=st.integers(0, 2**32))
async def test_repeats_reordering_and_batching_change_no_figure(
    fold: Fold, database: Database, story: Story, seed: int
) -> None:
    tenant = ids.new()
    for batch in batches(events(story, tenant), dice(seed)):
        await fold(batch)
    figures = await kept(database, tenant)
    assert figures == model(story)
    assert await kept(database, tenant, FAIR) == model(story, FAIR)
    async with database.system() as connection:
        assert await check(connection, tenant) == []
        assert await campaigns.check(connection, tenant) == []
        assert await weeks.check(connection, tenant) == []
    won: dict[tuple[date, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal()))
    for (measure, day, _, _, _, currency), (n, amount) in figures.items():
        if measure == "opportunities_won":
            count, total = won[day, currency]
            won[day, currency] = (count + n, total + amount)
    expected = await won_by_plain_sql(database, tenant)
    assert sorted((*key, *value) for key, value in won.items()) == expected


def lives_of_deals(count: int) -> Story:
    start = datetime(2026, 3, 10, tzinfo=UTC)
    return [
        ("opportunity", n, v, {
            "opened_at": start, "won_at": start + timedelta(v), "lost_at": None,
            "amount": f"{v}.00", "currency": "CNY", "region": "East", "owner_id": UUID(int=1),
        })
        for n in range(count)
        for v in range(1, 5)
    ]  # fmt: skip


async def fold_by(database: Database, sql: str, cut: Iterable[Sequence[Wire]]) -> None:
    """Opportunities only, by this statement."""
    shape = next(shape for shape in SHAPES if shape.aggregate == "opportunity")
    for batch in cut:
        async with database.transaction() as connection:
            await stage(connection, shape, batch)
            await connection.execute(sql)


@pytest.mark.parametrize(
    ("taken_out", "put_in"),
    [
        ("where f.version < excluded.version", ""),
        ("where old_version is not null", "where false"),
        ("r.n + excluded.n", "excluded.n"),
    ],
    ids=["guard", "minus the old", "plus what there was"],
)
async def test_what_the_fold_rests_on_cannot_be_taken_out(
    database: Database, tenant: UUID, taken_out: str, put_in: str
) -> None:
    """A control of the property: each mutilated statement must come to other figures."""
    shape = next(shape for shape in SHAPES if shape.aggregate == "opportunity")
    whole = statements.fold(shape)
    assert taken_out in whole
    story = lives_of_deals(30)
    other = ids.new()
    await fold_by(database, whole, batches(events(story, tenant), dice(1)))
    assert await kept(database, tenant) == model(story)
    mutilated = whole.replace(taken_out, put_in)
    await fold_by(database, mutilated, batches(events(story, other), dice(1)))
    assert await kept(database, other) != model(story)
