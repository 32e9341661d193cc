"""重要客户、问题客户 an account that is marked is somebody's task."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.db.rows import row
from crmkit.events.leads import AccountCreated, AccountState, AccountUpdated
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.models import Account
from services.leads.follow_up_clock import FollowUpClock
from services.leads.followup.consumers import follow_marked, follow_marked_at_once
from services.leads.followup.domain import FollowUpTrigger, marked
from tests.leads.followup.test_flow import PLANS, TEMPLATES, a_template
from tests.leads.samples import hear, hire, new_account

NOW = [{"after_days": 0, "kind": "call", "subject": "What went wrong?"}]


async def told(
    house: House, account_id: str, changed: dict[str, Any], created: bool = False
) -> Any:
    """What leads tells of an account as it is now."""
    async with (await house.system("leads")).system() as connection:
        found = await connection.fetchrow("select * from account where id = $1", UUID(account_id))
    assert found is not None
    account, now = row(Account, found), clock.now()
    state = AccountState(
        **{name: getattr(account, name) for name in AccountState.__struct_fields__}
    )
    about = (ids.new(), account.tenant_id, account.id, account.version, now, now, "m", None, None)
    return (AccountCreated if created else AccountUpdated)(*about, state, changed)


async def plans(caller: Caller, account: dict[str, Any]) -> list[dict[str, Any]]:
    found = await caller.get(PLANS, params={"account_id": account["id"]})
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def test_a_problem_customer_is_the_task_of_whom_the_template_names(
    house: House, login: Login, tenant: UUID, director: Caller
) -> None:
    trouble = await hire(house, tenant, "cn/east", "Jiangsu")
    template = await a_template(
        director, trigger="account_problem", steps=NOW, owner_id=str(trouble)
    )
    await a_template(director, trigger="account_important")
    await a_template(director, trigger="account_problem", active=False)
    assert template["owner_id"] == str(trouble)
    account = await new_account(await login("leads", "sales_rep"))
    event = await told(house, account["id"], {"is_problem": (False, True)})
    for _ in "12":
        await hear(house, follow_marked, event)
    (plan,) = await plans(director, account)
    assert (plan["template_id"], plan["owner_id"]) == (template["id"], str(trouble))
    assert (plan["team"], plan["region"]) == ("cn/east", "Jiangsu")
    turn = FollowUpClock(house.settings("leads"))
    while await turn(director.executor, await house.system("leads")):
        pass
    asked = {"follow_up_plan_id": plan["id"]}
    (task,) = (await director.get("/v1/activities", params=asked)).json()["items"]
    assert (task["subject"], task["owner_id"]) == ("What went wrong?", str(trouble))
    assert (task["account_id"], task["status"]) == (account["id"], "planned")
    again = await told(house, account["id"], {"is_problem": (False, True)})
    await hear(house, follow_marked, again)
    assert len(await plans(director, account)) == 2


async def test_an_important_customer_is_its_owners_task_where_nobody_is_named(
    house: House, login: Login, director: Caller
) -> None:
    seller = await login("leads", "sales_rep")
    template = await a_template(director, trigger="account_important")
    account = await new_account(seller, is_important=True)
    await hear(house, follow_marked_at_once, await told(house, account["id"], {}, created=True))
    (plan,) = await plans(seller, account)
    assert (plan["template_id"], plan["owner_id"]) == (template["id"], account["owner_id"])


async def test_who_has_left_gets_no_task(
    house: House, login: Login, tenant: UUID, director: Caller
) -> None:
    gone = await hire(house, tenant, "cn/east", "Jiangsu", active=False)
    body = {"name": "x", "steps": NOW, "owner_id": str(gone)}
    refused = await director.post(TEMPLATES, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "owner.unknown")
    template = await a_template(director, trigger="account_problem")
    async with (await house.system("leads")).system() as connection:  # who left after it was made
        named = "update follow_up_template set owner_id = $1 where tenant_id = $2 and id = $3"
        await connection.execute(named, gone, tenant, UUID(template["id"]))
    account = await new_account(await login("leads", "sales_rep"))
    event = await told(house, account["id"], {"is_problem": (False, True)})
    await hear(house, follow_marked, event)
    (plan,) = await plans(director, account)
    assert plan["owner_id"] == account["owner_id"]


async def test_what_starts_nothing_starts_nothing(
    house: House, login: Login, director: Caller
) -> None:
    seller = await login("leads", "sales_rep")
    await a_template(director, trigger="account_problem")
    account = await new_account(seller, is_important=True)
    await hear(house, follow_marked_at_once, await told(house, account["id"], {}, created=True))
    for changed in ({"is_problem": (True, False)}, {"name": ("A", "B")}, {}):
        await hear(house, follow_marked, await told(house, account["id"], changed))
    assert await plans(seller, account) == []


async def test_a_mark_is_heard_of_where_it_is_made(
    house: House, login: Login, director: Caller
) -> None:
    await house.work("leads")
    seller = await login("leads", "sales_rep")
    await a_template(director, trigger="account_problem")
    account = await new_account(seller)
    path = f"/v1/accounts/{account['id']}"
    await seller.patch(path, json={"is_problem": True}, headers={"if-match": '"1"'})
    await house.caught_up("leads", "leads")
    (plan,) = await plans(seller, account)
    assert plan["status"] == "running"


async def test_graphql_names_who_does_it(house: House, tenant: UUID, director: Caller) -> None:
    trouble = str(await hire(house, tenant, "cn/east", "Jiangsu"))
    make = """
    mutation ($who: UUID!) {
      createFollowUpTemplate(input: {
        name: "Trouble", trigger: ACCOUNT_PROBLEM, ownerId: $who,
        steps: [{afterDays: 0, kind: CALL, subject: "Why?"}]
      }) { ... on FollowUpTemplate { trigger ownerId } }
    }
    """
    answer = await director.graphql("leads", make, who=trouble)
    made_of = {"trigger": "ACCOUNT_PROBLEM", "ownerId": trouble}
    assert answer["data"]["createFollowUpTemplate"] == made_of


@pytest.mark.parametrize(
    ("changed", "starts"),
    [
        ({"is_problem": (False, True)}, [FollowUpTrigger.ACCOUNT_PROBLEM]),
        ({"is_important": (False, True)}, [FollowUpTrigger.ACCOUNT_IMPORTANT]),
        (
            {"is_important": (False, True), "is_problem": (False, True)},
            [FollowUpTrigger.ACCOUNT_PROBLEM, FollowUpTrigger.ACCOUNT_IMPORTANT],
        ),
        ({"is_problem": (True, False)}, []),
        ({"tier": ("ordinary", "key")}, []),
    ],
)
def test_a_mark_that_is_set_starts_what_it_should(
    changed: dict[str, Any], starts: list[FollowUpTrigger]
) -> None:
    assert marked(changed) == starts
