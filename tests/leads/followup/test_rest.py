from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_contact, new_lead, qualified_lead

TEMPLATES, PLANS = "/v1/follow-up-templates", "/v1/follow-ups"
STEPS = [{"after_days": 3, "kind": "return_visit", "subject": "How do you like it?"}]


async def a_template(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, TEMPLATES, {"name": "Key accounts", "steps": STEPS} | fields)


async def test_a_template_is_drawn_up_and_changed(login: Login) -> None:
    director = await login("leads", "sales_director")
    template = await a_template(director, account_class="a", lifecycle="customer")
    assert (template["trigger"], template["active"]) == ("hand", True)
    assert template["steps"] == STEPS
    path = f"{TEMPLATES}/{template['id']}"
    assert (await director.get(path)).json() == template
    assert (await director.patch(path, json={"active": False})).status_code == 428
    changed = await director.patch(path, json={"active": False}, headers={"if-match": '"1"'})
    assert (changed.json()["active"], changed.json()["steps"]) == (False, STEPS)
    twin = await director.post(TEMPLATES, json={"name": "Key accounts", "steps": STEPS})
    assert (twin.status_code, twin.json()["code"]) == (409, "follow_up_template.exists")
    found = (await director.get(TEMPLATES, params={"account_class": "a"})).json()["items"]
    assert [each["id"] for each in found] == [template["id"]]
    assert (await director.get(TEMPLATES, params={"active": "true"})).json()["items"] == []
    told = ["follow_up_template.created.v1", "follow_up_template.updated.v1"]
    assert await director.emitted(template["id"]) == told


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"steps": []}, "/steps"),
        ({"steps": STEPS * 51}, "/steps"),
        ({"steps": [STEPS[0] | {"after_days": -1}]}, "/steps/0/after_days"),
        ({"steps": [STEPS[0] | {"kind": "lunch"}]}, "/steps/0/kind"),
        ({"name": " "}, "/name"),
        ({"trigger": "moon"}, "/trigger"),
    ],
)
async def test_a_template_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    director = await login("leads", "sales_director")
    answer = await director.post(TEMPLATES, json={"name": "x", "steps": STEPS} | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_who_sells_uses_templates_and_makes_none(login: Login) -> None:
    director, seller = await login("leads", "sales_director"), await login("leads", "sales_rep")
    template = await a_template(director)
    refused = await seller.post(TEMPLATES, json={"name": "Mine", "steps": STEPS})
    assert refused.status_code == 403
    lead = await new_lead(seller)
    plan = await made(seller, PLANS, {"template_id": template["id"], "lead_id": lead["id"]})
    assert (plan["name"], plan["owner_id"]) == ("Key accounts", str(seller.actor.member_id))
    other = await login("leads", "sales_rep")
    assert (await other.get(f"{PLANS}/{plan['id']}")).status_code == 404
    assert (await other.post(f"{PLANS}/{plan['id']}/stop")).status_code == 404
    shown = (await seller.get(PLANS, params={"status": "running"})).json()["items"]
    assert [each["id"] for each in shown] == [plan["id"]]


async def test_nobody_is_followed_up_who_cannot_be(login: Login) -> None:
    director = await login("leads", "sales_director")
    template = await a_template(director)
    asked = {"template_id": template["id"]}
    lead = await new_lead(director)
    await made(director, f"/v1/leads/{lead['id']}/disqualify", {"reason": "no budget"})
    unused = await a_template(director, name="Old", active=False)
    wanted = {
        (422, "follow_up.about"): asked,
        (404, "lead.not_found"): asked | {"lead_id": str(ids.new())},
        (404, "account.not_found"): asked | {"account_id": str(ids.new())},
        (404, "follow_up_template.not_found"): {
            "template_id": str(ids.new()),
            "opportunity_id": str(ids.new()),
        },
        (409, "follow_up.lead_closed"): asked | {"lead_id": lead["id"]},
        (409, "follow_up.inactive"): {
            "template_id": unused["id"],
            "opportunity_id": str(ids.new()),
        },
    }
    for told, body in wanted.items():
        answer = await director.post(PLANS, json=body)
        assert (answer.status_code, answer.json()["code"]) == told
    assert (await director.get(PLANS)).json()["items"] == []


async def test_codes_have_labels(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    triggers = (await seller.get(f"{TEMPLATES}/enums")).json()["trigger"]
    assert {
        "code": "contract_signed",
        "zh": "签约后",
        "en": "When a contract is signed",
    } in triggers
    plans = (await seller.get(f"{PLANS}/enums")).json()
    assert set(plans) == {"status", "stop_reason"}


async def test_graphql_takes_and_shows_the_same(login: Login) -> None:
    director = await login("leads", "sales_director")
    create = """
    mutation ($input: FollowUpTemplateCreateInput!) {
      createFollowUpTemplate(input: $input) {
        ... on FollowUpTemplate { id steps { afterDays kind subject } }
      }
    }
    """
    step = {"afterDays": 3, "kind": "RETURN_VISIT", "subject": "How do you like it?"}
    given = {"name": "Return visit", "steps": [step]}
    answer = await director.graphql("leads", create, input=given)
    template = answer["data"]["createFollowUpTemplate"]
    assert template["steps"] == [step]
    account = await new_account(director, name="Acme Group")
    steps = """
    mutation ($id: UUID!, $account: UUID!) {
      updateFollowUpTemplate(id: $id, expectedVersion: 1, input: {name: "Return"}) {
        ... on FollowUpTemplate { name steps { afterDays } }
      }
      startFollowUp(input: {templateId: $id, accountId: $account}) {
        ... on FollowUpPlan { id name status account { name } template { name } steps { kind } }
        ... on Problem { code }
      }
      nobody: startFollowUp(input: {templateId: $id}) { ... on Problem { code } }
    }
    """
    done = (await director.graphql("leads", steps, id=template["id"], account=account["id"]))[
        "data"
    ]
    plan = done["startFollowUp"]
    assert done["updateFollowUpTemplate"] == {"name": "Return", "steps": [{"afterDays": 3}]}
    assert done["nobody"] == {"code": "follow_up.about"}
    assert plan == {
        "id": plan["id"],
        "name": "Return",
        "status": "RUNNING",
        "account": {"name": "Acme Group"},
        "template": {"name": "Return"},
        "steps": [{"kind": "RETURN_VISIT"}],
    }
    await _shown(director, plan["id"], account["id"])
    stop = "mutation ($id: UUID!) { stopFollowUp(id: $id) { ... on FollowUpPlan { stopReason } } }"
    stopped = (await director.graphql("leads", stop, id=plan["id"]))["data"]["stopFollowUp"]
    assert stopped == {"stopReason": "HAND"}


async def _shown(director: Caller, plan_id: str, account_id: str) -> None:
    """Every way to the plan shows it."""
    query = """
    query ($id: UUID!, $account: UUID!) {
      followUp(id: $id) { status activities(filter: {overdue: false}) { nodes { id } } }
      followUps(filter: {status: [RUNNING]}) { nodes { id } }
      followUpTemplates { nodes { name } }
      account(id: $account) { followUps { nodes { id } } }
    }
    """
    shown = (await director.graphql("leads", query, id=plan_id, account=account_id))["data"]
    assert shown == {
        "followUp": {"status": "RUNNING", "activities": {"nodes": []}},
        "followUps": {"nodes": [{"id": plan_id}]},
        "followUpTemplates": {"nodes": [{"name": "Return"}]},
        "account": {"followUps": {"nodes": [{"id": plan_id}]}},
    }


async def test_whom_a_follow_up_speaks_to_is_somebody_of_its_account(login: Login) -> None:
    director = await login("leads", "sales_director")
    account, other = await new_account(director), await new_account(director)
    there, elsewhere = await new_contact(director, account), await new_contact(director, other)
    lead = await qualified_lead(director)
    template = await a_template(director)
    about = {"template_id": template["id"], "account_id": account["id"]}
    wrong = await director.post(PLANS, json=about | {"contact_id": elsewhere["id"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "contact.elsewhere")
    nobody = await director.post(PLANS, json=about | {"contact_id": str(ids.new())})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "contact.not_found")
    plan = await made(director, PLANS, about | {"contact_id": there["id"]})
    assert plan["contact_id"] == there["id"]
    of_lead = {"template_id": template["id"], "lead_id": lead["id"]}
    free = await made(director, PLANS, of_lead | {"contact_id": elsewhere["id"]})
    assert free["contact_id"] == elsewhere["id"]
