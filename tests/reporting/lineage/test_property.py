"""At every recorded instant of any story the figures are those of the story so far; differences
and contributions add up to them."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkit.db.asof import as_of
from crmkit.db.pool import Database
from crmkit.db.reading import Reading
from crmkit.events.envelope import Wire
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from services.reporting.lineage.queries import find_differences, find_lineage
from services.reporting.lineage.schemas import Page, Span, of_period
from services.reporting.policy import POLICY
from services.reporting.rollup import statements
from services.reporting.rollup.domain import FIGURES, MEASURES
from services.reporting.rollup.queries import find_rollup
from services.reporting.rollup.schemas import Wanted, checked
from tests.reporting.conftest import Fold, wire
from tests.reporting.rollup.test_fold_property import (
    Figures,
    Story,
    batches,
    dice,
    kept,
    lives_of_deals,
    model,
    stories,
)

_START = datetime(2026, 3, 1, tzinfo=UTC)
_ALL = tuple(measure.name for measure in MEASURES)
_CELLS = """
select measure, day, owner_id, region, kind, currency, n, amount from rollup_day
where tenant_id = $1 and (n <> 0 or amount <> 0)
"""
_YEAR = {"from": "2026-01-01", "to": "2026-12-31"}


def interleaved(story: Story, die: random.Random) -> Story:
    """The same lives, side by side instead of one after the other."""
    lives: dict[tuple[str, int], Story] = defaultdict(list)
    for each in story:
        lives[each[0], each[1]].append(each)
    order = [key for key, life in lives.items() for _ in life]
    die.shuffle(order)
    steps = {key: iter(life) for key, life in lives.items()}
    return [next(steps[key]) for key in order]


def instant(step: int) -> datetime:
    return _START + timedelta(minutes=step)


def recorded(story: Story, tenant: UUID) -> list[Wire]:
    """The events of a story, one a minute."""
    return [
        wire(tenant, a, ids.named(tenant, a, n), v, recorded=instant(step), **state)
        for step, (a, n, v, state) in enumerate(story)
    ]


async def known(database: Database, tenant: UUID, at: datetime) -> Figures:
    """All cells as of an instant, by the statements that answer callers."""
    async with database.system() as connection:
        rows = await connection.fetch(as_of(_CELLS, statements.past(_ALL), 2), tenant, at)
    return {
        (r["measure"], r["day"], r["owner_id"], r["region"], r["kind"], r["currency"]): (
            r["n"],
            r["amount"],
        )
        for r in rows
    }


def reading(database: Database, tenant: UUID, at: datetime | None = None) -> Reading:
    return Reading(database, POLICY, system(tenant), clock.now(), as_of=at)


def everything(figure: str, by: Sequence[str] = ("region",)) -> Wanted:
    return checked(_YEAR | {"measure": figure, "grain": "month"}, by, {})


def keyed(items: Sequence[dict[str, Any]], value: str) -> dict[tuple[Any, ...], Decimal]:
    return {(i["period"], i["region"], i["currency"]): Decimal(i[value]) for i in items}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories(), seed=st.integers(0, 2**32))
async def test_at_every_instant_figures_are_those_of_the_story_so_far(
    fold: Fold, database: Database, story: Story, seed: int
) -> None:
    tenant, die = ids.new(), dice(seed)
    told = interleaved(story, die)
    for batch in batches(recorded(told, tenant), die):
        await fold(batch)
    for step in range(len(told)):
        assert await known(database, tenant, instant(step)) == model(told[: step + 1]), step
    assert await known(database, tenant, _START - timedelta(1)) == {}
    assert await known(database, tenant, clock.now()) == await kept(database, tenant)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories(), seed=st.integers(0, 2**32), figure=st.sampled_from(sorted(FIGURES)))
async def test_differences_and_contributions_add_up_to_the_figures(
    fold: Fold, database: Database, story: Story, seed: int, figure: str
) -> None:
    tenant, die = ids.new(), dice(seed)
    told = interleaved(story, die)
    for batch in batches(recorded(told, tenant), die):
        await fold(batch)
    first, last = sorted((die.randrange(-1, len(told) + 1), die.randrange(-1, len(told) + 1)))
    span = Span(instant(first), instant(last))
    wanted = everything(figure)
    before, after = [
        keyed(await find_rollup(reading(database, tenant, at), wanted), "value")
        for at in (span.start, span.end)
    ]
    expected = {
        key: after.get(key, Decimal()) - before.get(key, Decimal())
        for key in before.keys() | after.keys()
    }
    items = await differences(database, tenant, wanted, span)
    assert keyed(items, "difference") == {k: v for k, v in expected.items() if v}
    between = {event.id for event in recorded_between(told, tenant, first, last)}
    for item in items:
        assert {event.aggregate_id for event in item["events"]} <= between
        key = (item["period"], item["region"], item["currency"])
        assert Decimal(item["before"]) == before.get(key, 0)
        assert Decimal(item["after"]) == after.get(key, 0)
    for label in ("2026-Q1", "2026-Q2"):
        await check_lineage(database, tenant, figure, label, span.end)


def recorded_between(told: Story, tenant: UUID, first: int, last: int) -> list[Any]:
    """The records that events between two steps were about."""
    return [
        type("Record", (), {"id": ids.named(tenant, a, n)})
        for a, n, _, _ in told[first + 1 : last + 1]
    ]


async def differences(
    database: Database, tenant: UUID, wanted: Wanted, span: Span
) -> list[dict[str, Any]]:
    """All pages, two items each."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        found = await find_differences(reading(database, tenant), wanted, span, Page(2, cursor))
        items += found.items
        cursor = found.next_cursor
        if cursor is None:
            return items


async def check_lineage(
    database: Database, tenant: UUID, figure: str, label: str, at: datetime
) -> None:
    wanted, _ = of_period(figure, label, {})
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    cursor, seen = None, set()
    while True:
        found = await find_lineage(reading(database, tenant, at), wanted, Page(2, cursor))
        for item in found.items:
            sums[item["currency"]] += Decimal(item["value"])
            assert item["id"] not in seen
            seen.add(item["id"])
            versions = [event.version for event in item["events"]]
            assert versions == list(range(len(versions), 0, -1))
            assert all(event.recorded_at <= at for event in item["events"])
        cursor = found.next_cursor
        if cursor is None:
            break
    figures = {item["currency"]: Decimal(item["value"]) for item in found.figure}
    assert {k: v for k, v in sums.items() if v} == {k: v for k, v in figures.items() if v}


@pytest.mark.parametrize(
    ("taken_out", "put_in"),
    [
        ("recorded_at <= {at}", "recorded_at <= 'infinity' and {at} is not null"),
        ("version desc", "version"),
    ],
    ids=["the instant", "the newest by then"],
)
async def test_what_the_past_rests_on_cannot_be_taken_out(
    fold: Fold, database: Database, tenant: UUID, taken_out: str, put_in: str
) -> None:
    """A control of the property: each mutilated statement must come to other figures."""
    story = interleaved(lives_of_deals(10), dice(1))
    await fold(recorded(story, tenant))
    half = len(story) // 2
    assert await known(database, tenant, instant(half)) == model(story[: half + 1])
    whole = statements.past(_ALL)
    assert any(taken_out in past.sql for past in whole)
    mutilated = tuple(type(past)(past.table, past.sql.replace(taken_out, put_in)) for past in whole)
    async with database.system() as connection:
        rows = await connection.fetch(as_of(_CELLS, mutilated, 2), tenant, instant(half))
    found = {(r["measure"], r["day"]): r["n"] for r in rows}
    expected: dict[tuple[str, date], int] = defaultdict(int)
    for (measure, day, *_), (n, _) in model(story[: half + 1]).items():
        expected[measure, day] += n
    assert found != dict(expected)
