"""Days added up by weeks: whoever writes a day writes its week, and no figure tells them apart."""

import asyncio
import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.pool import Connection, Database
from crmkit.db.reading import Reading
from crmkit.events.envelope import Wire
from crmkit.kernel import clock, ids
from crmkit.kernel.access import Scope
from crmkit.kernel.actor import Actor
from crmkit.kernel.period import Grain
from services.reporting.policy import POLICY
from services.reporting.rollup import queries
from services.reporting.rollup.domain import Unit, cells_of, whole_weeks
from services.reporting.rollup.queries import Asked, find_rollup
from services.reporting.rollup.schemas import checked
from services.reporting.rollup.truth import SUMS
from tests.reporting.conftest import Fold, Told
from tests.reporting.rollup.test_fold_property import dice

PEOPLE = (UUID(int=31), UUID(int=32), UUID(int=33))
CALLERS = (
    ("finance", ""),
    ("sales_manager", "cn/east"),
    ("sales_manager", ""),
    ("sales_rep", "cn"),
)
TEAMS = ("cn", "cn/east", "cn/east/1", "cn/eastern", "cn/west", "")
REVISION = Path(queries.__file__).parents[1] / "migrations/reporting0006_weeks_and_answers.py"
(WEEKS,) = [each for each in SUMS if each.table == "rollup_week"]


@pytest.mark.parametrize(
    ("first", "last", "weeks"),
    [
        ((2026, 3, 2), (2026, 3, 8), ((2026, 3, 2), (2026, 3, 8))),
        ((2026, 3, 1), (2026, 3, 31), ((2026, 3, 1), (2026, 3, 31))),
        ((2026, 3, 3), (2026, 4, 3), ((2026, 3, 9), (2026, 3, 31))),
        ((2026, 3, 31), (2026, 4, 1), None),
        ((2026, 3, 30), (2026, 4, 1), ((2026, 3, 30), (2026, 3, 31))),
        ((2026, 3, 4), (2026, 3, 6), None),
        ((2026, 3, 1), (2026, 3, 1), ((2026, 3, 1), (2026, 3, 1))),
    ],
)
def test_a_week_ends_with_its_month(first: Any, last: Any, weeks: Any) -> None:
    expected = weeks and tuple(date(*day) for day in weeks)
    assert whole_weeks(date(*first), date(*last)) == expected


def test_the_fewest_cells_that_have_all_that_is_asked_are_chosen() -> None:
    assert cells_of(set()) == "kind"
    assert cells_of({"team", "currency"}) == "kind"
    assert cells_of({"source"}) == "source"
    assert cells_of({"team", "product"}) == "product"
    assert cells_of({"owner_id"}) == "owner"
    assert cells_of({"owner_id", "source"}) is None
    assert cells_of({"source", "product"}) is None


@pytest.mark.parametrize(
    ("scope", "by", "ragged", "tables"),
    [
        (Scope.ALL, (), False, ["rollup_week"]),
        (Scope.ALL, ("source",), False, ["rollup_week"]),
        (Scope.ALL, ("owner", "source"), False, ["rollup_day"]),
        (Scope.ALL, (), True, ["rollup_week", "rollup_day", "rollup_day"]),
        (Scope.SUBTREE, (), False, ["rollup_week", "rollup_week"]),
        (Scope.SUBTREE, ("owner",), False, ["rollup_week"]),
        (Scope.SUBTREE, ("source",), False, ["rollup_week", "rollup_day"]),
        (Scope.OWN, (), False, ["rollup_week"]),
        (Scope.OWN, ("source",), False, ["rollup_day"]),
    ],
)
def test_what_is_read_does_not_grow_with_people(
    scope: Scope, by: tuple[str, ...], ragged: bool, tables: list[str]
) -> None:
    sql = queries._sql(Asked(Grain.WEEK, by, Unit.COUNT, ()), scope, True, ragged)
    assert [word for word in sql.split() if word.startswith("rollup_")] == tables


def crowd(told: Told, seed: int) -> list[Wire]:
    """Deals and activities of a spring, a third of which changed hands, words or days since."""
    die = dice(seed)

    def state(aggregate: str) -> dict[str, Any]:
        at = datetime(2026, 2, 20, 12, tzinfo=UTC) + timedelta(die.randrange(60))
        shared = {"owner_id": die.choice(PEOPLE), "team": die.choice(TEAMS)}
        if aggregate == "activity":
            return shared | {"kind": die.choice(("call", "visit")), "done_at": at}
        priced = {"amount": f"{die.randrange(1, 99)}.50", "currency": die.choice(("CNY", "USD"))}
        words = {"source": die.choice(("web", "fair")), "product": die.choice(("A", "B"))}
        return shared | priced | words | {"opened_at": at, "won_at": die.choice((at, None))}

    found = []
    for n in range(90):
        aggregate, row = die.choice(("activity", "opportunity", "opportunity")), ids.new()
        versions = range(1, 2 + (n % 3 == 0))
        found += [told(aggregate, row, version, **state(aggregate)) for version in versions]
    return found


def looking(database: Database, tenant: UUID, role: str, team: str, at: datetime | None) -> Reading:
    actor = Actor(tenant, PEOPLE[0], frozenset({role}), team)
    return Reading(database, POLICY, actor, clock.now(), as_of=at)


async def test_every_figure_is_that_of_its_days(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    """As of now there are no cells of weeks: days are added up from the facts' histories."""
    events = crowd(told, 7)
    for n in range(0, len(events), 20):
        await fold(events[n : n + 20])
    die, seen = dice(8), 0
    for _ in range(60):
        role, team = die.choice(CALLERS)
        first = date(2026, 2, 16) + timedelta(die.randrange(40))
        by = die.choice(((), ("source",), ("team",), ("kind",), ("product", "team"), ("owner",)))
        filters = die.choice(({}, {"source": ["web"]}, {"currency": ["CNY"]}, {"kind": ["call"]}))
        asked = {
            "measure": die.choice(("activities", "opportunities_won", "opportunity_won_amount")),
            "grain": die.choice(("week", "month", "quarter")),
            "from": str(first),
            "to": str(first + timedelta(die.randrange(50))),
        }
        wanted = checked(asked, by, filters)
        now = await find_rollup(looking(database, tenant, role, team, None), wanted)
        then = await find_rollup(looking(database, tenant, role, team, clock.now()), wanted)
        assert now == then, (role, team, wanted)
        seen += len(now)
    assert seen > 60


async def faults(connection: Connection, tenant: UUID) -> set[tuple[str, str]]:
    return {(each.field, each.wanted) for each in await WEEKS.check(connection, tenant)}


DAY = """
insert into rollup_day (tenant_id, measure, day, owner_id, team, region, source, product, kind,
  currency, n, amount)
values ($1, 'receipts', '2026-03-31', $1, 'cn', '', 'web', '', '', 'CNY', 2, 7)
"""
TOTAL = "select sum(n)::int from rollup_week where tenant_id = $1 and cut = 'source'"


async def test_whoever_writes_a_day_writes_its_week(database: Database, tenant: UUID) -> None:
    """So do workers of a release that knows of no weeks."""
    async with database.system() as connection:
        for change, total in (
            (DAY, 2),
            ("update rollup_day set n = n + 3 where tenant_id = $1", 5),
            ("update rollup_day set source = 'fair', day = day + 1 where tenant_id = $1", 5),
            ("delete from rollup_day where tenant_id = $1", 0),
        ):
            await connection.execute(change, tenant)
            assert await connection.fetchval(TOTAL, tenant) == total
            assert await faults(connection, tenant) == set()


@pytest.mark.parametrize(
    ("spoiling", "wrong"),
    [
        ("update rollup_week set n = 9 where tenant_id = $1", {("n", "2")}),
        ("delete from rollup_week where tenant_id = $1", {("n", "2"), ("amount", "7.00")}),
        ("update rollup_week set day = day - 1 where tenant_id = $1",
         {("n", "2"), ("amount", "7.00"), ("n", "0"), ("amount", "0")}),
    ],
)  # fmt: skip
async def test_a_week_that_is_not_its_days_is_named_and_mended(
    database: Database, tenant: UUID, spoiling: str, wrong: set[tuple[str, str]]
) -> None:
    assert WEEKS.mend
    async with database.system() as connection:
        await connection.execute(DAY, tenant)
        await connection.execute(spoiling, tenant)
        assert await faults(connection, tenant) == wrong
        await connection.execute(WEEKS.mend)
        assert await faults(connection, tenant) == set()
        assert (await connection.execute(WEEKS.mend)).endswith(" 0")


@pytest.fixture(scope="module")
def adding_up() -> Callable[[str], str]:
    """The statement of the revision, which stays as it was released."""
    spec = importlib.util.spec_from_file_location("revision", REVISION)
    assert spec is not None and spec.loader is not None  # noqa: PT018 - one thing to mypy
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    return lambda moved: str(revision._ADD_UP.format(moved=moved))


async def test_days_of_before_are_added_up_by_the_revision(
    fold: Fold, told: Told, database: Database, tenant: UUID, adding_up: Callable[[str], str]
) -> None:
    await fold(crowd(told, 9))
    async with database.transaction() as connection:
        await connection.execute("delete from rollup_week where tenant_id = $1", tenant)
        assert await faults(connection, tenant)
        days = f"(select * from rollup_day where tenant_id = '{tenant}')"
        await connection.execute(adding_up(days))
        assert await faults(connection, tenant) == set()


async def test_folds_whose_cells_are_new_to_one_and_known_to_another_do_not_lock_each_other_out(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    """Old cells are changed before new ones come, so that weeks are not met in one order."""
    weeks = [datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(7 * n) for n in range(12)]

    def batch(number: int) -> list[Wire]:
        return [
            told("receipt", received_at=at, source="known" if (n + number) % 2 else f"{number}")
            for n, at in enumerate(weeks)
        ]

    await fold([told("receipt", received_at=at, source="known") for at in weeks])
    await asyncio.gather(*(fold(batch(number)) for number in range(40)))
    async with database.system() as connection:
        assert await connection.fetchval(TOTAL, tenant) == 12 + 40 * 12
        assert await faults(connection, tenant) == set()
