"""Which pages keep one plan, whatever is asked: their limit is told to PostgreSQL."""

import hashlib
from uuid import UUID

import pytest

from crmkit.db import listing
from crmkit.db.listing import LARGEST_PAGE
from crmkit.db.paging import Form, Sort, page_sql
from crmkit.db.reading import Reading
from crmkit.kernel import clock
from crmkit.kernel.access import Scope
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead.queries import LEADS
from services.leads.policy import POLICY
from tests.leads.samples import new_lead
from tests.plans import plan_by

TENANT = UUID(int=7)
NEWEST: Sort = (("received_at", True),)
CAMPAIGN = "campaign_id = {0}::uuid"
"""Its index has only leads of a campaign."""

_MANY_LEADS = """
create temporary table page_of as select * from lead limit 0;
insert into page_of (tenant_id, id, owner_id, status, received_at)
  select md5((n % 3)::text)::uuid, gen_random_uuid(), md5((n % 3)::text)::uuid, 's' || n / 3 % 4,
    now() - make_interval(secs => n * 7919 % 31536000)
  from generate_series(1, 20000) n;
create index on page_of (tenant_id, owner_id, status, received_at, id);
analyze page_of;
"""
"""As many as a company may have, for PostgreSQL to choose by what it costs."""

_PLANS = "select statement, custom_plans, generic_plans from pg_prepared_statements"
OWNER, STATUS = "owner_id = {0}::uuid", "status = {0}::text"


@pytest.mark.parametrize(
    ("conditions", "scope", "sort"),
    [
        ((), Scope.ALL, NEWEST),
        ((OWNER, STATUS), Scope.SUBTREE, NEWEST),
        ((STATUS,), Scope.OWN, NEWEST),
        ((STATUS,), Scope.TEAM, (("received_at", False),)),
        ((CAMPAIGN,), Scope.ALL, NEWEST),
    ],
)
def test_a_page_that_stands_together_in_an_index_is_planned_once(
    conditions: tuple[str, ...], scope: Scope, sort: Sort
) -> None:
    sql, number = page_sql(LEADS, Form(conditions, scope, sort, None), 201)
    assert "limit 201) page" in sql
    assert sql.endswith(f"limit ${number}")


@pytest.mark.parametrize(
    ("conditions", "sort"),
    [
        (("region = {0}::text",), NEWEST),
        (("status = any({0}::text[])",), NEWEST),
        (("updated_at >= {0}::timestamp",), NEWEST),
        ((OWNER,), (("updated_at", True),)),
        (("campaign_id is null",), NEWEST),
        ((), (("score", True),)),
        ((), (("received_at", True), ("id", False))),
    ],
)
def test_a_page_whose_best_plan_hangs_on_what_is_asked_is_planned_for_that(
    conditions: tuple[str, ...], sort: Sort
) -> None:
    form = Form(conditions, Scope.ALL, sort, None)
    assert page_sql(LEADS, form, 201) == page_sql(LEADS, form)
    assert "201" not in page_sql(LEADS, form)[0]


async def test_what_postgresql_does_with_a_page_that_is_asked_again_and_again(
    house: House,
) -> None:
    """It tries five plans, each for what is asked, and compares what they cost with one for all.
    With the limit told it keeps that; without, it goes on to plan each page."""
    form = Form((STATUS,), Scope.OWN, NEWEST, None)
    one = seller = UUID(hashlib.md5(b"0", usedforsecurity=False).hexdigest())
    sqls = {
        most: page_sql(LEADS, form, most)[0].replace(" from lead where ", " from page_of where ")
        for most in (LARGEST_PAGE + 1, None)
    }
    async with (await house.system("leads")).system() as connection:
        await connection.execute(_MANY_LEADS)
        asked = [await connection.prepare(sql) for sql in sqls.values()]
        for n in range(20):
            for each in asked:
                assert len(await each.fetch(one, seller, f"s{n % 4}", 51)) == 51
        kept = await connection.fetch(_PLANS)
        await connection.execute("drop table page_of")
    told = {row["statement"]: (row["custom_plans"], row["generic_plans"]) for row in kept}
    assert told[sqls[LARGEST_PAGE + 1]] == (5, 15)
    assert told[sqls[None]] == (20, 0)


@pytest.mark.parametrize(
    ("condition", "asked", "led"),
    [
        (CAMPAIGN, TENANT, True),
        ("campaign_id = any({0}::uuid[])", [TENANT], True),
        ("campaign_id is not null", None, True),
        ("campaign_id is null", None, False),
    ],
)
async def test_an_index_of_what_is_there_leads_to_it(
    house: House, condition: str, asked: object, led: bool
) -> None:
    sql, _ = page_sql(LEADS, Form((condition,), Scope.ALL, NEWEST, None), 201)
    given = (TENANT, asked, 50) if asked else (TENANT, 50)
    async with (await house.system("leads")).system() as connection:
        plan = await plan_by(connection, "lead_with_campaign_idx", sql, *given)
    assert ("using lead_with_campaign_idx" in plan) is led, plan


async def test_whoever_asks_for_more_than_the_largest_page_is_given_more(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    for _ in range(3):
        await new_lead(admin)
    reading = Reading(admin.executor.database, POLICY, admin.actor, clock.now())
    asked = await LEADS.question(reading, LEADS.parse([]))
    monkeypatch.setattr(listing, "LARGEST_PAGE", 1)
    assert [len(await LEADS.page(reading, asked, most)) for most in (1, 2, 3)] == [1, 2, 3]
