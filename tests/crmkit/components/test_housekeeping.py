"""Partitions ahead, old keys away, queues seen."""

from datetime import timedelta

from crmkit.components.housekeeping import FORGET_PAST, WAITING, Housekeeping
from crmkit.kernel import clock
from crmkit.metrics import REGISTRY
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.plans import plan_by

_OLD_KEY = """
insert into idempotency (tenant_id, principal, route, key, fingerprint, answer, created_at)
values ($1, 'member:x', 'POST /v1/leads', $2, '', '{}', $3)
"""
_OLD_PAST = "insert into past values ($1, $2, $3, $4, '{}')"


def housekeeping(house: House) -> Housekeeping:
    return Housekeeping("leads", house.settings("leads"))


async def test_keys_go_after_two_days_and_the_past_after_ninety_and_not_before(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    tenant = seller.actor.tenant_id
    system = await house.system("leads")
    async with system.system() as connection:
        for key, hours in (("old", 49), ("young", 47)):
            await connection.execute(_OLD_KEY, tenant, key, clock.now() - timedelta(hours=hours))
        for name, days in (("old", 91), ("young", 89)):
            then = clock.now() - timedelta(days)
            await connection.execute(_OLD_PAST, tenant, name, tenant, then)
        await housekeeping(house)(seller.executor, system)
        kept = await connection.fetch("select key from idempotency where tenant_id = $1", tenant)
        held = await connection.fetch("select aggregate from past where tenant_id = $1", tenant)
    assert [row["key"] for row in kept] == ["young"]
    assert [row["aggregate"] for row in held] == ["young"]


async def test_what_is_past_is_found_by_when_it_ended(house: House, login: Login) -> None:
    await login("leads", "sales_rep")
    async with (await house.system("leads")).system() as connection:
        plan = await plan_by(connection, "past_until_idx", FORGET_PAST, clock.now())
    assert "Index Scan using past_until_idx" in plan


async def test_a_month_that_lacks_is_made_again_a_year_ahead(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    system = await house.system("leads")
    async with system.system() as connection:
        before = await connection.fetchval(
            "select count(*) from pg_inherits where inhparent = 'event'::regclass"
        )
        await housekeeping(house)(seller.executor, system)
        after = await connection.fetchval(
            "select count(*) from pg_inherits where inhparent = 'event'::regclass"
        )
    assert before == after == 14


async def test_what_waits_is_counted(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    system = await house.system("leads")
    WAITING.labels("leads", "misplaced_events").set(-1)
    await seller(commands.create_lead, LeadCreate(company="Waits", source="web"))
    await housekeeping(house)(seller.executor, system)
    seen = {
        queue: REGISTRY.get_sample_value("crm_rows_waiting", {"service": "leads", "queue": queue})
        for queue in ("outbox", "unpublished", "parked", "misplaced_events")
    }
    assert seen["misplaced_events"] == 0
    assert all(value is not None and value >= 0 for value in seen.values())
