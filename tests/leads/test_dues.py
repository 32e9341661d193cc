"""What schedules do for all tenants: rows that cannot be done stand in nobody's way."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest

from crmkit.components.dues import Dues
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.db.writing import Tx
from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Conflict
from crmkit.metrics import REGISTRY
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.claim import statements as claims
from services.leads.follow_up_clock import FollowUpClock
from services.leads.followup import queries as followups
from services.leads.key_keeper import KeyKeeper
from services.leads.lead import queries as leads
from services.leads.lead.commands import mark_overdue
from services.leads.lead.models import Lead
from services.leads.off_boarder import OffBoarder
from services.leads.offboarding import statements as offboardings
from services.leads.recycler import Recycler
from services.leads.response_clock import ResponseClock
from services.leads.score_keeper import ScoreKeeper
from services.leads.scoring import statements as scoring
from services.leads.survey import queries as surveys
from services.leads.survey_clock import SurveyClock
from tests.leads.lead.test_response import expire
from tests.leads.samples import new_lead
from tests.plans import plan_by

LOOKS = {
    "lead_recycle_due_idx": claims.DUE,
    "follow_up_plan_due_idx": followups.DUE,
    "follow_up_plan_of_lead_idx": followups.CLOSED,
    "survey_to_send_idx": surveys.DUE,
    "lead_response_due_idx": leads.OVERDUE,
    "lead_unkeyed_idx": leads.UNKEYED,
    "lead_score_due_idx": scoring.DUE,
    "offboarding_running_idx": offboardings.DUE,
}
SCHEDULES: tuple[type[Dues], ...] = (
    FollowUpClock,
    KeyKeeper,
    OffBoarder,
    Recycler,
    ResponseClock,
    ScoreKeeper,
    SurveyClock,
)


@pytest.mark.parametrize("index", LOOKS)
async def test_what_is_due_is_found_by_leaps_through_its_index(house: House, index: str) -> None:
    """The first tenant and the rows of each; how it goes on from one tenant to the next has a plan
    that PostgreSQL shows by its cost alone, which would be beyond 10^10 were anything read whole.
    """
    async with (await house.system("leads")).system() as connection:
        plan = await plan_by(connection, index, LOOKS[index], clock.now(), "any", 25, 100)
    assert plan.count(f"using {index} on") == 2, plan
    assert "Recursive Union" in plan, plan
    assert "cost=10000000000" not in plan, plan
    assert plan.count("Sort Key:") == 1, plan


def test_every_look_of_every_schedule_is_explained() -> None:
    looks = {sql for schedule in SCHEDULES for sql in schedule.looks}
    assert looks == set(LOOKS.values())
    assert len({schedule.schedule for schedule in SCHEDULES}) == len(SCHEDULES)


async def mark_most(tx: Tx, lead_id: UUID) -> Lead:
    if lead_id in Odd.refused:
        raise Conflict("not this one", code="odd.refused")
    return await mark_overdue(tx, lead_id)


class Odd(ResponseClock):
    """Cannot do the leads that are named."""

    schedule, every = "odd_clock", timedelta(0)
    command = mark_most
    refused: ClassVar[set[UUID]] = set()


class Picky(KeyKeeper):
    """Has no key for one company."""

    schedule = "picky_keeper"
    refuses: ClassVar[bool] = True

    async def do(
        self, executor: Executor, system: Database, rows: Sequence[asyncpg.Record]
    ) -> None:
        if self.refuses and any(each["company"] == "Bad" for each in rows):
            raise ValueError("no key for that")
        await super().do(executor, system, rows)


@pytest.fixture
async def postponed(house: House) -> Callable[[], Any]:
    """The rows that the odd clock has put off, by tenant and id."""
    system = await house.system("leads")

    async def look() -> dict[UUID, Any]:
        async with system.system() as connection:
            sql = "select * from postponed where schedule = 'odd_clock'"
            return {each["id"]: each for each in await connection.fetch(sql)}

    return look


async def all_turns(clock_: Dues, executor: Executor, system: Database) -> None:
    while await clock_(executor, system):
        pass


def counted(reason: str) -> float | None:
    labels = {"service": "leads", "schedule": "odd_clock", "reason": reason}
    return REGISTRY.get_sample_value("crm_schedule_postponed", labels)


async def pass_time(system: Database) -> None:
    async with system.system() as connection:
        await connection.execute(
            "update postponed set next_at = now() where schedule = 'odd_clock'"
        )


async def test_a_row_that_cannot_be_done_is_put_off_with_its_reason_and_others_go_on(
    login: Login, house: House, postponed: Callable[[], Any]
) -> None:
    executor, system = await house.executor("leads"), await house.system("leads")
    seller, other = (
        await login("leads", "sales_rep"),
        await login("leads", "sales_rep", tenant=ids.new()),
    )
    bad, good, theirs = await new_lead(seller), await new_lead(seller), await new_lead(other)
    await expire(house, bad, good, theirs)
    bad_id = UUID(bad["id"])
    Odd.refused = {bad_id}
    odd = Odd(house.settings("leads"))
    await all_turns(odd, executor, system)
    for caller, lead in ((seller, good), (other, theirs)):
        assert (await caller.emitted(lead["id"]))[-1] == "lead.response_overdue.v1"
    kept = (await postponed())[bad_id]
    assert (kept["tries"], kept["reason"], kept["detail"]) == (1, "odd.refused", "not this one")
    assert counted("odd.refused") == 1
    await pass_time(system)
    await all_turns(odd, executor, system)
    again = (await postponed())[bad_id]
    assert again["tries"] == 2
    assert again["next_at"] - clock.now() > kept["next_at"] - kept["since"]
    Odd.refused = set()
    await pass_time(system)
    await all_turns(odd, executor, system)
    assert (await seller.emitted(bad["id"]))[-1] == "lead.response_overdue.v1"
    assert await postponed() == {}
    assert counted("odd.refused") == 0


async def test_a_row_that_is_not_due_any_more_is_forgotten(
    login: Login, house: House, postponed: Callable[[], Any]
) -> None:
    executor, system = await house.executor("leads"), await house.system("leads")
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    await expire(house, lead)
    Odd.refused = {UUID(lead["id"])}
    await all_turns(Odd(house.settings("leads")), executor, system)
    assert [*await postponed()] == [UUID(lead["id"])]
    await seller.delete(f"/v1/leads/{lead['id']}")
    await pass_time(system)
    await all_turns(Odd(house.settings("leads")), executor, system)
    assert await postponed() == {}


async def test_a_lead_that_cannot_be_keyed_leaves_the_others_of_its_batch_theirs(
    login: Login, house: House, tenant: UUID
) -> None:
    executor, system = await house.executor("leads"), await house.system("leads")
    seller = await login("leads", "sales_rep")
    bad, _ = await new_lead(seller, company="Bad"), await new_lead(seller, company="Good")

    async def ask(sql: str) -> list[asyncpg.Record]:
        async with system.system() as connection:
            return list(await connection.fetch(sql, tenant))

    await ask("update lead set company_key = null where tenant_id = $1")
    await all_turns(Picky(house.settings("leads")), executor, system)
    keys = await ask("select company, company_key from lead where tenant_id = $1 order by company")
    put_off = await ask("select id, reason from postponed where tenant_id = $1")
    assert [tuple(each) for each in keys] == [("Bad", None), ("Good", "good")]
    assert [(str(each["id"]), each["reason"]) for each in put_off] == [(bad["id"], "ValueError")]
    await ask("update postponed set next_at = now() where tenant_id = $1")
    Picky.refuses = False
    await all_turns(Picky(house.settings("leads")), executor, system)
    assert await ask("select id from postponed where tenant_id = $1") == []
