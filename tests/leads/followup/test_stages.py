"""跟进策略 accounts are followed up as their stage is: promotion, proposals, care and referrals."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.db.rows import row
from crmkit.events.envelope import Event
from crmkit.events.leads import AccountCreated, AccountLifecycleChanged, AccountState
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.models import Account
from services.leads.followup.consumers import follow_opened, follow_signed, follow_stage
from tests.leads.contract_samples import a_contract
from tests.leads.followup.test_rest import PLANS, STEPS, TEMPLATES
from tests.leads.samples import hear, hire, made, new_account

ACTIVITIES = "/v1/activities"


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("leads", "sales_director")


async def a_strategy(director: Caller, lifecycle: str, **fields: Any) -> dict[str, Any]:
    body = {"name": f"{ids.new()}", "steps": STEPS, "trigger": "account_stage"}
    return await made(director, TEMPLATES, body | {"lifecycle": lifecycle} | fields)


async def told(house: House, kind: type[Event[Any]], account_id: str, **then: Any) -> Any:
    """An event of an account, which stood as it does unless something else is said."""
    async with (await house.system("leads")).system() as connection:
        found = await connection.fetchrow("select * from account where id = $1", UUID(account_id))
    assert found is not None
    account = row(Account, found)
    state = {name: getattr(account, name) for name in AccountState.__struct_fields__} | then
    at = clock.now()
    about = (ids.new(), account.tenant_id, account.id, account.version, at, at, "system")
    return kind(*about, None, None, AccountState(**state), {})


async def followed(director: Caller, account: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """How an account is followed up, by the template."""
    plans = (await director.get(PLANS, params={"account_id": account["id"]})).json()["items"]
    return {each["template_id"]: (each["status"], each["stop_reason"]) for each in plans}


RUNNING, LEFT = ("running", None), ("stopped", "stage_left")


async def test_who_comes_to_a_stage_is_followed_up_as_it_is_and_as_no_other(
    house: House, director: Caller, tenant: UUID
) -> None:
    promotion, proposal, care = [
        (await a_strategy(director, stage))["id"] for stage in ("prospect", "interested", "lost")
    ]
    seller = await hire(house, tenant, "cn/east", "Jiangsu")
    account = await new_account(director, owner_id=str(seller), region="Zhejiang")
    opened = await told(house, AccountCreated, account["id"])
    for _ in "12":
        await hear(house, follow_opened, opened)
    assert await followed(director, account) == {promotion: RUNNING}
    (plan,) = (await director.get(PLANS, params={"account_id": account["id"]})).json()["items"]
    assert (plan["owner_id"], plan["team"]) == (str(seller), "cn/east")
    assert (plan["region"], plan["lead_id"], plan["steps"]) == ("Zhejiang", None, STEPS)
    path = f"/v1/accounts/{account['id']}"
    await made(director, f"{path}/lose", {"reason": "They closed down"})
    lost = await told(house, AccountLifecycleChanged, account["id"])
    for _ in "12":
        await hear(house, follow_stage, lost)
    assert await followed(director, account) == {promotion: LEFT, care: RUNNING}
    await made(director, f"{path}/win-back", {})
    await hear(house, follow_stage, lost)
    assert await followed(director, account) == {promotion: LEFT, care: RUNNING}
    await hear(house, follow_stage, await told(house, AccountLifecycleChanged, account["id"]))
    assert await followed(director, account) == {promotion: LEFT, care: LEFT, proposal: RUNNING}


async def test_a_strategy_is_for_a_grade_or_a_tier_or_for_all(
    house: House, director: Caller
) -> None:
    everybody, graded, key = [
        (await a_strategy(director, "prospect", account_class=name))["id"]
        for name in ("", "a", "key")
    ]
    unused = await a_strategy(director, "prospect", active=False)
    plain, best = await new_account(director), await new_account(director, grade="a", tier="key")
    for account in (plain, best):
        await hear(house, follow_opened, await told(house, AccountCreated, account["id"]))
    assert await followed(director, plain) == {everybody: RUNNING}
    assert await followed(director, best) == dict.fromkeys((everybody, graded, key), RUNNING)
    assert unused["active"] is False


async def test_a_contract_starts_what_is_for_its_accounts_class(
    house: House, director: Caller, tenant: UUID
) -> None:
    account = await new_account(director, grade="a")
    of_all, of_grade, _ = [
        await made(
            director,
            TEMPLATES,
            {"name": f"{ids.new()}", "steps": STEPS, "trigger": "contract_signed"} | meant,
        )
        for meant in ({}, {"account_class": "a", "lifecycle": "customer"}, {"account_class": "b"})
    ]
    signed = a_contract(tenant, account_id=UUID(account["id"]))
    for _ in "12":
        await hear(house, follow_signed, signed)
    wanted = dict.fromkeys((of_all["id"], of_grade["id"]), RUNNING)
    assert await followed(director, account) == wanted


async def test_what_was_begun_by_hand_or_by_a_contract_goes_on_at_every_stage(
    house: House, director: Caller
) -> None:
    template = await made(director, TEMPLATES, {"name": "By hand", "steps": STEPS})
    account = await new_account(director)
    await made(director, PLANS, {"template_id": template["id"], "account_id": account["id"]})
    await made(director, f"/v1/accounts/{account['id']}/lose", {"reason": "x"})
    await hear(house, follow_stage, await told(house, AccountLifecycleChanged, account["id"]))
    assert await followed(director, account) == {template["id"]: RUNNING}


async def test_an_account_that_is_gone_is_not_followed_up(house: House, director: Caller) -> None:
    await a_strategy(director, "prospect")
    account = await new_account(director)
    opened = await told(house, AccountCreated, account["id"])
    await director.delete(f"/v1/accounts/{account['id']}")
    await hear(house, follow_opened, opened)
    assert await followed(director, account) == {}


async def test_a_stage_that_starts_something_is_one_of_accounts(director: Caller) -> None:
    body = {"name": "x", "steps": STEPS, "trigger": "account_stage"}
    for lifecycle in ("", "customers"):
        answer = await director.post(TEMPLATES, json=body | {"lifecycle": lifecycle})
        assert (answer.status_code, answer.json()["code"]) == (422, "follow_up_template.stage")
    template = await a_strategy(director, "customer")
    patch = {"lifecycle": ""}
    path, match = f"{TEMPLATES}/{template['id']}", {"if-match": '"1"'}
    answer = await director.patch(path, json=patch, headers=match)
    assert answer.json()["errors"][0]["pointer"] == "/lifecycle"
    freed = await director.patch(path, json=patch | {"trigger": "hand"}, headers=match)
    assert (freed.status_code, freed.json()["trigger"]) == (200, "hand")


async def test_a_converted_lead_begins_what_is_done_about_the_interested_by_the_broker(
    house: House, director: Caller
) -> None:
    await house.work("leads")
    proposal = await a_strategy(director, "interested")
    lead = await made(director, "/v1/leads", {"company": "Hengling", "source": "web"})
    await made(director, f"/v1/leads/{lead['id']}/qualify", {"intent": "a"})
    account_id = (await made(director, f"/v1/leads/{lead['id']}/convert", {}))["account_id"]
    await house.caught_up("leads", "leads")
    assert await followed(director, {"id": account_id}) == {proposal["id"]: RUNNING}
