import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.schemas import AccountCreate
from services.leads.lead import commands
from services.leads.lead.domain import Intent, LeadStatus
from services.leads.lead.schemas import (
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadUpdate,
    QualifyLead,
)
from tests.leads.samples import hire

ACME = LeadCreate(company="Acme", source="web")
CONFIRMED = QualifyLead(intent=Intent.A)
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_a_lead_belongs_to_its_creator_where_no_owner_is_named(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/shanghai-1")
    lead = await seller(commands.create_lead, ACME)
    assert (lead.owner_id, lead.team) == (seller.actor.member_id, "cn/east/shanghai-1")
    assert (lead.status, lead.version) == (LeadStatus.NEW, 1)
    assert await seller.emitted(lead.id) == ["lead.created.v1"]


async def test_an_owner_brings_team_and_region(login: Login, house: House, tenant: UUID) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    owner = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    lead = await manager(commands.create_lead, ACME.model_copy(update={"owner_id": owner}))
    assert (lead.owner_id, lead.team, lead.region) == (owner, "cn/east/ningbo", "Zhejiang")


async def test_a_new_owner_brings_their_team(login: Login, house: House, tenant: UUID) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    owner = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    lead = await manager(commands.create_lead, ACME)
    moved = await manager(commands.update_lead, lead.id, LeadUpdate(owner_id=owner))
    assert (moved.owner_id, moved.team) == (owner, "cn/east/ningbo")


async def test_who_has_left_owns_no_new_lead(login: Login, house: House, tenant: UUID) -> None:
    manager = await login("leads", "sales_director")
    gone = await hire(house, tenant, "cn/east", "", active=False)
    with pytest.raises(Invalid) as refused:
        await manager(commands.create_lead, ACME.model_copy(update={"owner_id": gone}))
    assert refused.value.code == "owner.unknown"


async def test_a_lead_goes_from_first_word_to_opportunity(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME, occurred_at=MARCH)
    await seller(commands.work_lead, lead.id)
    qualified_at = MARCH + timedelta(days=3)
    lead = await seller(commands.qualify_lead, lead.id, CONFIRMED, occurred_at=qualified_at)
    assert (lead.received_at, lead.qualified_at) == (MARCH, qualified_at)
    assert (lead.intent, lead.need) == (Intent.A, "")
    lead = await seller(commands.convert_lead, lead.id, ConvertLead())
    assert lead.status is LeadStatus.CONVERTED
    assert lead.opportunity_name == "Acme"
    assert lead.opportunity_id
    assert await seller.emitted(lead.id) == [
        "lead.created.v1",
        "lead.worked.v1",
        "lead.qualified.v1",
        "lead.converted.v1",
    ]


async def test_a_conversion_opens_an_account_of_the_company(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    lead = await seller(commands.convert_lead, lead.id, ConvertLead(opportunity_name="Line 2"))
    assert lead.account_id
    assert lead.opportunity_name == "Line 2"
    assert await seller.emitted(lead.account_id) == ["account.created.v1"]


async def test_a_conversion_uses_the_account_that_is_named(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account: Account = await seller(accounts.create_account, AccountCreate(name="Acme Group"))
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    lead = await seller(commands.convert_lead, lead.id, ConvertLead(account_id=account.id))
    assert lead.account_id == account.id


async def test_two_conversions_at_once_make_one_opportunity(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    tries = (seller(commands.convert_lead, lead.id, ConvertLead()) for _ in range(4))
    answers = await asyncio.gather(*tries)
    assert len({answer.opportunity_id for answer in answers}) == 1
    assert (await seller.emitted(lead.id)).count("lead.converted.v1") == 1


@pytest.mark.parametrize(
    ("first", "again", "is_same"),
    [
        (ConvertLead(opportunity_name="Line 2"), ConvertLead(opportunity_name="Line 2"), True),
        (ConvertLead(opportunity_name="Line 2"), ConvertLead(), True),
        (ConvertLead(), ConvertLead(opportunity_name="Acme"), True),
        (ConvertLead(opportunity=False), ConvertLead(opportunity=False), True),
        (ConvertLead(opportunity_name="Line 2"), ConvertLead(opportunity_name="Line 3"), False),
        (ConvertLead(), ConvertLead(account_id=ids.new()), False),
        (ConvertLead(), ConvertLead(opportunity=False), False),
        (ConvertLead(opportunity=False), ConvertLead(), False),
    ],
)
async def test_the_same_deal_is_answered_again_and_another_one_refused(
    login: Login, first: ConvertLead, again: ConvertLead, is_same: bool
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    done = await seller(commands.convert_lead, lead.id, first)
    if is_same:
        same = await seller(commands.convert_lead, lead.id, again)
        assert (same.version, same.opportunity_id) == (done.version, done.opportunity_id)
    else:
        with pytest.raises(Conflict) as refused:
            await seller(commands.convert_lead, lead.id, again)
        assert refused.value.code == "lifecycle.illegal"


async def test_a_lead_may_become_an_account_without_a_deal(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    lead = await seller(commands.convert_lead, lead.id, ConvertLead(opportunity=False))
    assert (lead.status, lead.opportunity_id, lead.opportunity_name) == (
        LeadStatus.CONVERTED,
        None,
        "",
    )
    assert lead.account_id
    assert await seller.emitted(lead.account_id) == ["account.created.v1"]


async def test_a_converted_lead_is_not_edited_any_more(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    await seller(commands.convert_lead, lead.id, ConvertLead())
    with pytest.raises(Conflict) as refused:
        await seller(commands.update_lead, lead.id, LeadUpdate(need="more"))
    assert refused.value.code == "lead.closed"


async def test_only_a_lead_that_was_given_up_is_reopened_and_only_so_worked_on(
    login: Login,
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    with pytest.raises(Conflict) as refused:
        await seller(commands.reopen_lead, lead.id)
    assert refused.value.code == "lead.not_given_up"
    await seller(commands.disqualify_lead, lead.id, DisqualifyLead(reason="No budget"))
    with pytest.raises(Conflict) as refused:
        await seller(commands.work_lead, lead.id)
    assert refused.value.code == "lead.given_up"


async def test_a_lead_given_up_can_be_worked_again(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.qualify_lead, lead.id, CONFIRMED)
    lead = await seller(commands.disqualify_lead, lead.id, DisqualifyLead(reason="no budget"))
    assert lead.disqualified_reason == "no budget"
    assert lead.disqualified_at
    lead = await seller(commands.reopen_lead, lead.id)
    assert lead.status is LeadStatus.WORKING
    assert (lead.qualified_at, lead.disqualified_at, lead.disqualified_reason) == (None, None, "")


@pytest.mark.parametrize(
    ("command", "body"),
    [(commands.qualify_lead, CONFIRMED), (commands.disqualify_lead, DisqualifyLead(reason="x"))],
)
async def test_nothing_is_decided_before_a_lead_came_in(
    login: Login, command: object, body: object
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME, occurred_at=MARCH)
    with pytest.raises(Conflict) as refused:
        await seller(command, lead.id, body, occurred_at=MARCH - timedelta(days=1))  # type: ignore[arg-type]  # bodies of several commands
    assert refused.value.code == "lead.before_received"


async def test_an_update_that_changes_nothing_is_no_event(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    same = await seller(commands.update_lead, lead.id, LeadUpdate(company="Acme"))
    assert same.version == 1
    assert await seller.emitted(lead.id) == ["lead.created.v1"]


async def test_a_deleted_lead_comes_back_as_it_was(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.delete_lead, lead.id)
    with pytest.raises(NotFound):
        await seller(commands.work_lead, lead.id)
    back = await seller(commands.restore_lead, lead.id)
    assert (back.company, back.version, back.deleted_at) == ("Acme", 3, None)
    with pytest.raises(NotFound):
        await seller(commands.restore_lead, lead.id)


async def test_a_lead_cannot_be_restored_by_who_never_saw_it(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.delete_lead, lead.id)
    with pytest.raises(NotFound):
        await other(commands.restore_lead, lead.id)


@pytest.mark.parametrize("role", ["marketing", "partner"])
async def test_who_brings_leads_in_does_not_convert_them(login: Login, role: str) -> None:
    caller = await login("leads", role)
    lead = await caller(commands.create_lead, ACME)
    await caller(commands.qualify_lead, lead.id, CONFIRMED)
    with pytest.raises(Forbidden):
        await caller(commands.convert_lead, lead.id, ConvertLead())


async def test_a_manager_works_on_the_leads_below_and_no_others(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo")
    above = await login("leads", "sales_manager", team="cn/east")
    beside = await login("leads", "sales_manager", team="cn/ea")
    lead = await seller(commands.create_lead, ACME)
    worked = await above(commands.work_lead, lead.id)
    assert worked.status is LeadStatus.WORKING
    with pytest.raises(NotFound):
        await beside(commands.qualify_lead, lead.id, CONFIRMED)


async def test_a_stale_version_is_refused(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await seller(commands.create_lead, ACME)
    await seller(commands.update_lead, lead.id, LeadUpdate(need="a line"), expected=1)
    with pytest.raises(Stale):
        await seller(commands.update_lead, lead.id, LeadUpdate(need="two lines"), expected=1)


async def test_the_same_lead_of_another_system_exists_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    known = ACME.model_copy(update={"external_system": "ads", "external_id": "17"})
    await seller(commands.create_lead, known)
    with pytest.raises(Conflict) as refused:
        await seller(commands.create_lead, known)
    assert refused.value.code == "lead.exists"
