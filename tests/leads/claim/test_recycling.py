from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock
from crmkit.settings import Settings
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.recycler import Recycler
from tests.leads.pool_samples import (
    HISTORY,
    claimed,
    join,
    new_pool,
    pooled_lead,
    refusal,
    seller_of,
)
from tests.leads.samples import INTENT, made

CALL = {"kind": "call", "subject": "Hello"}
Sweep = Callable[[], Any]


@pytest.fixture
async def sweep(house: House) -> Sweep:
    """Does all that is due."""
    executor, system = await house.executor("leads"), await house.system("leads")

    async def turn() -> None:
        while await Recycler(Settings())(executor, system):
            pass

    return turn


def ago(days: float) -> str:
    return (clock.now() - timedelta(days=days)).isoformat()


async def claimed_ago(caller: Caller, lead_id: str, days: float) -> dict[str, Any]:
    """A lead that came in a hundred days ago and was claimed so many days ago."""
    return await made(caller, f"/v1/leads/{lead_id}/claim", {}, occurred_at=ago(days))


async def test_a_lead_nobody_follows_up_goes_back_to_its_pool_once(
    login: Login, house: House, tenant: UUID, sweep: Sweep
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member)
    late, early = [await pooled_lead(director, pool_id) for _ in "12"]
    await claimed_ago(member, late, 10.1)
    await claimed_ago(member, early, 9.9)
    for _ in "12":
        await sweep()
    lead = (await director.get(f"/v1/leads/{late}")).json()
    assert (lead["owner_id"], lead["recycle_at"], lead["claimed_at"]) == (pool_id, None, None)
    assert (await director.emitted(late))[-2:] == ["lead.claimed.v1", "lead.recycled.v1"]
    told = (await director.get(f"/v1/leads/{late}/history")).json()["items"][0]
    assert (told["state"]["released_reason"], told["actor"]) == ("no_follow_up", "system")
    assert told["state"]["released_by"] == str(member.actor.member_id)
    assert (await director.emitted(early))[-1] != "lead.recycled.v1"
    assert await refusal(member, f"/v1/leads/{late}/claim") == (409, "pool.cooldown")


async def test_each_warning_is_given_once_before_the_end(
    login: Login, house: House, tenant: UUID, sweep: Sweep
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member, default_protect_days=10, warn_days=[3, 1])
    lead_id = await pooled_lead(director, pool_id)
    await claimed(member, lead_id)
    for due, warned in ((7.5, 1), (8.5, 1), (9.5, 2), (9.9, 2)):
        await _passes(house, tenant, lead_id, due)
        for _ in "12":
            await sweep()
        assert (await director.emitted(lead_id)).count("lead.recycle_warning.v1") == warned
    assert (await director.get(f"/v1/leads/{lead_id}")).json()["owner_id"] != pool_id
    await _passes(house, tenant, lead_id, 10.1)
    await sweep()
    assert (await director.emitted(lead_id))[-2:] == ["lead.recycle_warning.v1", "lead.recycled.v1"]


async def _passes(house: House, tenant: UUID, lead_id: str, days: float) -> None:
    """So many days since the claim: all that stands in the lead's clocks is moved back."""
    moved = clock.now() - timedelta(days=days)
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            "update lead set claimed_at = $3, recycle_at = recycle_at - (claimed_at - $3),"
            " recycle_due_at = recycle_due_at - (claimed_at - $3)"
            " where tenant_id = $1 and id = $2",
            tenant,
            UUID(lead_id),
            moved,
        )


async def test_what_is_done_about_a_lead_keeps_it_for_longer_but_not_for_ever(
    login: Login, house: House, tenant: UUID, sweep: Sweep
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member, extend_days_per_activity=3, max_protect_days=12)
    lead_id = await pooled_lead(director, pool_id)
    claim = datetime.fromisoformat((await claimed_ago(member, lead_id, 9))["claimed_at"])
    log = {**CALL, "lead_id": lead_id}
    for at, kept in ((8, 10), (1.5, 10.5), (0, 12)):
        await made(member, "/v1/activities/log", log, occurred_at=ago(at))
        lead = (await member.get(f"/v1/leads/{lead_id}")).json()
        left = datetime.fromisoformat(lead["recycle_at"]) - claim
        assert abs(left - timedelta(days=kept)) < timedelta(minutes=5)
    emitted = await director.emitted(lead_id)
    assert emitted.count("lead.extended.v1") == 2
    await _passes(house, tenant, lead_id, 12.1)
    await sweep()
    told = (await director.get(f"/v1/leads/{lead_id}/history")).json()["items"][0]
    assert told["state"]["released_reason"] == "max_protection"


async def test_a_planned_activity_extends_when_it_is_done(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, extend_days_per_activity=15)
    lead_id = await pooled_lead(director, pool_id)
    before = await claimed(member, lead_id)
    plan = {**CALL, "lead_id": lead_id, "due_at": "2026-12-01T00:00:00Z"}
    planned = await made(member, "/v1/activities", plan)
    assert (await member.get(f"/v1/leads/{lead_id}")).json()["recycle_at"] == before["recycle_at"]
    await made(member, f"/v1/activities/{planned['id']}/complete", {})
    after = (await member.get(f"/v1/leads/{lead_id}")).json()
    assert after["recycle_at"] > before["recycle_at"]
    assert after["status"] == "working"


async def test_a_protected_lead_stays_until_its_protection_ends(
    login: Login, house: House, tenant: UUID, sweep: Sweep
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    boss = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    await join(director, pool_id, boss, "admin")
    lead_id = await pooled_lead(director, pool_id)
    path = f"/v1/leads/{lead_id}"
    assert await refusal(boss, f"{path}/protect") == (409, "pool.not_claimed")
    await claimed_ago(member, lead_id, 30)
    assert await refusal(member, f"{path}/protect") == (403, "pool.not_admin")
    await made(boss, f"{path}/protect", {})
    await made(member, "/v1/activities/log", {**CALL, "lead_id": lead_id})
    await sweep()
    assert (await member.get(path)).json()["recycle_at"] is None
    assert await refusal(member, f"{path}/unprotect") == (403, "pool.not_admin")
    for _ in "12":
        ended = await made(boss, f"{path}/unprotect", {})
    assert ended["recycle_at"] > clock.now().isoformat()
    assert [e for e in await director.emitted(lead_id) if "protected" in e] == [
        "lead.protected.v1",
        "lead.unprotected.v1",
    ]


async def test_what_is_closed_or_deleted_is_not_due(
    login: Login, house: House, tenant: UUID, sweep: Sweep
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member)
    won, lost, gone = [await pooled_lead(director, pool_id) for _ in "123"]
    for lead_id in (won, lost, gone):
        await claimed_ago(member, lead_id, 30)
    await made(member, f"/v1/leads/{won}/qualify", INTENT)
    await made(member, f"/v1/leads/{won}/convert", {})
    await made(member, f"/v1/leads/{lost}/disqualify", {"reason": "gone"})
    await member.delete(f"/v1/leads/{gone}")
    await sweep()
    for lead_id in (won, lost, gone):
        assert "lead.recycled.v1" not in await director.emitted(lead_id)


async def test_a_sweep_goes_on_in_batches_and_rests_when_nothing_is_left(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member)
    leads = [await pooled_lead(director, pool_id) for _ in "12"]
    for lead_id in leads:
        await claimed_ago(member, lead_id, 30)
    executor, system = await house.executor("leads"), await house.system("leads")
    recycler = Recycler(Settings())
    while await recycler(executor, system):
        pass
    for lead_id in leads:
        assert (await director.emitted(lead_id))[-1] == "lead.recycled.v1"
    third = await pooled_lead(director, pool_id)
    await claimed_ago(member, third, 30)
    assert await recycler(executor, system) is False
    assert (await director.emitted(third))[-1] == "lead.claimed.v1"
    await Recycler(Settings())(executor, system)
    assert (await director.emitted(third))[-1] == "lead.recycled.v1"
