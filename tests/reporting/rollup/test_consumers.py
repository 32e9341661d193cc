"""What events add up to."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.db.pool import Database
from crmkit.kernel import ids
from crmkit.testing.house import until
from services.reporting.app import service
from services.reporting.fact.statements import SHAPES
from services.reporting.rollup.consumers import FactFold
from services.reporting.rollup.statements import fold as fold_of
from services.reporting.rollup.truth import SUMS, check
from tests.reporting.conftest import OWNER, Fold, Told

WON = datetime(2026, 3, 31, 20, tzinfo=UTC)


async def cells(database: Database, tenant: UUID) -> dict[tuple[str, date], tuple[int, object]]:
    """Count and amount by measure and day, zeros left out."""
    async with database.system() as connection:
        found = await connection.fetch(
            "select measure, day, sum(n)::int as n, sum(amount) as amount from rollup_day"
            " where tenant_id = $1 and n <> 0 group by 1, 2",
            tenant,
        )
        assert await check(connection, tenant) == []
    return {(row["measure"], row["day"]): (row["n"], row["amount"]) for row in found}


async def test_a_new_lead_counts_on_the_day_it_came_in(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    await fold([told("lead")])
    assert await cells(database, tenant) == {("leads_created", date(2026, 1, 5)): (1, 0)}


async def test_a_fold_is_planned_once_for_a_connection(
    told: Told, database: Database, tenant: UUID
) -> None:
    """PostgreSQL plans what comes without arguments each time, unless it was prepared."""
    leads = next(shape for shape in SHAPES if shape.aggregate == "lead")
    async with database.system() as connection:
        for event in (told("lead"), told("lead")):
            async with connection.transaction():
                await FactFold(leads).apply(connection, [event])
        used = await connection.fetchval(
            "select generic_plans from pg_prepared_statements where statement = $1", fold_of(leads)
        )
    assert used >= 2
    assert await cells(database, tenant) == {("leads_created", date(2026, 1, 5)): (2, 0)}


async def test_a_lead_counts_again_where_it_was_qualified_and_in_the_cohort_it_came_with(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    lead = ids.new()
    await fold([told("lead", lead)])
    await fold([told("lead", lead, 2, qualified_at=datetime(2026, 2, 1, tzinfo=UTC))])
    assert await cells(database, tenant) == {
        ("leads_created", date(2026, 1, 5)): (1, 0),
        ("leads_qualified", date(2026, 2, 1)): (1, 0),
        ("lead_cohort_qualified", date(2026, 1, 5)): (1, 0),
    }


async def test_a_won_deal_that_is_reopened_is_won_no_more(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    deal = ids.new()
    await fold([told("opportunity", deal, 1), told("opportunity", deal, 2, won_at=WON)])
    assert (await cells(database, tenant))[("opportunities_won", WON.date())] == (1, 100)
    await fold([told("opportunity", deal, 3)])
    assert set(await cells(database, tenant)) == {("opportunities_created", date(2026, 1, 5))}


async def test_an_amount_that_changes_moves_the_figure_by_the_difference(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    deal = ids.new()
    await fold([told("opportunity", deal), told("opportunity", amount="5.00")])
    await fold([told("opportunity", deal, 2, amount="0.01")])
    found = await cells(database, tenant)
    assert found == {("opportunities_created", date(2026, 1, 5)): (2, Decimal("5.01"))}


@pytest.mark.parametrize("aggregate", ["lead", "activity", "opportunity"])
async def test_a_deleted_record_counts_no_more_until_it_is_restored(
    fold: Fold, told: Told, database: Database, tenant: UUID, aggregate: str
) -> None:
    row = ids.new()
    state: dict[str, Any] = {"done_at": WON} if aggregate == "activity" else {}
    await fold([told(aggregate, row, **state)])
    counted = await cells(database, tenant)
    assert counted
    await fold([told(aggregate, row, 2, deleted_at=WON, **state)])
    assert await cells(database, tenant) == {}
    await fold([told(aggregate, row, 3, **state)])
    assert await cells(database, tenant) == counted


async def test_a_voided_contract_counts_no_more(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    contract = ids.new()
    await fold([told("contract", contract, 1, signed_at=WON)])
    assert await cells(database, tenant) == {("contracts_signed", WON.date()): (1, 100)}
    await fold([told("contract", contract, 2, signed_at=WON, voided_at=WON + timedelta(1))])
    assert await cells(database, tenant) == {}


async def test_a_receipt_counts_with_its_money(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    await fold([told("receipt"), told("receipt", amount="0.50")])
    found = await cells(database, tenant)
    assert found == {("receipts", date(2026, 1, 5)): (2, Decimal("100.50"))}


async def test_a_planned_activity_counts_nowhere(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    await fold([told("activity")])
    assert await cells(database, tenant) == {}


async def test_a_record_that_changes_hands_takes_its_figures_along(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    lead, other = ids.new(), UUID(int=8)
    await fold([told("lead", lead)])
    await fold([told("lead", lead, 2, owner_id=other)])
    async with database.system() as connection:
        found = await connection.fetch(
            "select owner_id, n from rollup_day where tenant_id = $1", tenant
        )
    assert {row["owner_id"]: row["n"] for row in found} == {OWNER: 0, other: 1}


async def test_an_older_state_that_comes_late_changes_nothing(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    deal = ids.new()
    await fold([told("opportunity", deal, 2, won_at=WON)])
    before = await cells(database, tenant)
    await fold([told("opportunity", deal, 1)])
    await fold([told("opportunity", deal, 2, won_at=WON)])
    assert await cells(database, tenant) == before


async def test_an_amount_that_is_no_number_is_refused(fold: Fold, told: Told) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await fold([told("receipt", amount="NaN")])


async def test_days_are_cut_where_the_tenant_lives(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    shanghai = told("tenant", tenant, 1, time_zone="Asia/Shanghai")
    await fold([shanghai, told("contract", signed_at=WON)])
    assert set(await cells(database, tenant)) == {("contracts_signed", date(2026, 4, 1))}


async def test_a_zone_that_arrives_late_moves_the_days_of_the_past(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    contract = told("contract", signed_at=WON)
    await fold([contract])
    assert set(await cells(database, tenant)) == {("contracts_signed", date(2026, 3, 31))}
    await fold([told("tenant", tenant, 1, time_zone="Asia/Shanghai")])
    assert set(await cells(database, tenant)) == {("contracts_signed", date(2026, 4, 1))}
    await fold([told("contract", contract.subject, 2, signed_at=WON, voided_at=WON)])
    assert await cells(database, tenant) == {}


async def test_a_zone_that_comes_twice_or_late_moves_nothing_again(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    await fold([told("tenant", tenant, 2, time_zone="Asia/Shanghai"), told("receipt")])
    before = await cells(database, tenant)
    await fold([told("tenant", tenant, 1, time_zone="America/New_York")])
    await fold([told("tenant", tenant, 2, time_zone="Asia/Shanghai")])
    assert await cells(database, tenant) == before


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), date(2026, 3, 7)),
        (datetime(2026, 3, 8, 5, 0, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 4, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 2, 5, 0, tzinfo=UTC), date(2026, 11, 2)),
    ],
)
async def test_a_day_on_which_clocks_change_is_as_long_as_it_is(
    fold: Fold, told: Told, database: Database, tenant: UUID, instant: datetime, day: date
) -> None:
    await fold([told("tenant", tenant, time_zone="America/New_York")])
    await fold([told("receipt", received_at=instant)])
    assert set(await cells(database, tenant)) == {("receipts", day)}


async def test_a_state_without_what_figures_need_is_refused(fold: Fold, told: Told) -> None:
    with pytest.raises(ValueError, match="received_at"):
        await fold([told("receipt", received_at="yesterday")])


async def test_two_tenants_do_not_meet(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    other = ids.new()
    await fold([told("lead"), told("lead")])
    assert (await cells(database, tenant))[("leads_created", date(2026, 1, 5))] == (2, 0)
    assert await cells(database, other) == {}


async def _somebody_waits(database: Database) -> bool:
    async with database.system() as connection:
        return bool(
            await connection.fetchval(
                "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
            )
        )


@pytest.mark.parametrize("zone_first", [True, False])
async def test_a_zone_and_a_fold_at_once_take_turns(
    fold: Fold, told: Told, database: Database, tenant: UUID, zone_first: bool
) -> None:
    zone = told("tenant", tenant, time_zone="Asia/Shanghai")
    contract = told("contract", signed_at=WON)
    first, second = (zone, contract) if zone_first else (contract, zone)
    async with database.transaction() as connection:
        for each in service.folds:
            if first.type.split(".")[0] in each.aggregates:
                await each.apply(connection, [first])
        waiting = asyncio.create_task(fold([second]))
        await until(partial(_somebody_waits, database))
    await waiting
    assert set(await cells(database, tenant)) == {("contracts_signed", date(2026, 4, 1))}


async def test_folds_of_the_same_cells_at_once_neither_block_each_other_for_good_nor_lose_any(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in range(1, 29)]
    crowd = [[told("receipt", received_at=day) for day in days] for _ in range(20)]
    await asyncio.gather(*(fold(batch) for batch in crowd))
    found = await cells(database, tenant)
    assert set(found.values()) == {(20, Decimal(2000))}


async def test_a_check_names_what_is_wrong(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    await fold([told("receipt", amount="8.00"), told("lead")])
    async with database.system() as connection:
        await connection.execute(
            "update rollup_day set n = 2, amount = 8.01"
            " where tenant_id = $1 and measure = 'receipts'",
            tenant,
        )
        await connection.execute(
            "delete from rollup_day where tenant_id = $1 and measure = 'leads_created'", tenant
        )
        lead, receipt = await check(connection, tenant)
    assert (lead.measure, lead.n, lead.true_n) == ("leads_created", 0, 1)
    assert (receipt.n, receipt.true_n) == (2, 1)
    assert (receipt.amount, receipt.true_amount) == (Decimal("8.01"), Decimal("8.00"))
    assert (receipt.day, receipt.owner_id, receipt.currency) == (date(2026, 1, 5), OWNER, "USD")


async def test_a_check_names_the_campaign_whose_figures_are_wrong(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    (campaigns,) = [each for each in SUMS if each.table == "rollup_campaign"]
    await fold([told("campaign_cost", amount="8.00", campaign_id=OWNER), told("lead")])
    async with database.system() as connection:
        assert await campaigns.check(connection, tenant) == []
        await connection.execute(
            "update rollup_campaign set amount = 8.01 where tenant_id = $1", tenant
        )
        (wrong,) = await campaigns.check(connection, tenant)
    assert (wrong.field, wrong.kept, wrong.wanted) == ("amount", "8.01", "8.00")
    assert f"campaign_id={OWNER}" in wrong.row
