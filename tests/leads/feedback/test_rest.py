from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.capture_samples import FAIR
from tests.leads.samples import HISTORY, hire, made, new_lead

FEEDBACK, MARCH, DUE = "/v1/feedback", "2026-03-02T09:00:00Z", "2031-04-30"
SLOW = {
    "kind": "process",
    "effect": "hinders",
    "cost": "high",
    "details": "A quote waits three days for its approval",
    "step": "proposal",
}


@pytest.fixture
async def seller(login: Login) -> Caller:
    return await login("leads", "sales_rep", team="cn/east/ningbo", scopes=[HISTORY])


@pytest.fixture
async def manager(login: Login) -> Caller:
    return await login("leads", "sales_manager", team="cn/east")


async def code_of(caller: Caller, path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = await caller.post(path, json=body)
    return answer.status_code, answer.json().get("code", "")


async def test_feedback_is_sent_decided_on_seen_to_and_answered(
    seller: Caller, manager: Caller, house: House, tenant: UUID
) -> None:
    lead = await new_lead(seller)
    said = await made(seller, FEEDBACK, SLOW | {"lead_id": lead["id"]}, occurred_at=MARCH)
    assert {name: said[name] for name in SLOW} == SLOW
    assert (said["status"], said["received_at"], said["team"]) == ("new", MARCH, "cn/east/ningbo")
    me = str(seller.actor.member_id)
    assert (said["sender_id"], said["owner_id"]) == (me, None)
    path = f"{FEEDBACK}/{said['id']}"
    put_right = await seller.patch(path, json={"cost": "medium"}, headers={"if-match": '"1"'})
    assert (put_right.json()["cost"], put_right.json()["details"]) == ("medium", SLOW["details"])
    for way, body in (("accept", {"due_on": DUE}), ("decline", {"answer": "x"})):
        assert await code_of(seller, f"{path}/{way}", body) == (403, "forbidden")
    clerk = str(await hire(house, tenant, "cn/east", "East"))
    accepted = await made(
        manager,
        f"{path}/accept",
        {"assignee_id": clerk, "due_on": DUE, "answer": "Below 5 % it shall need none"},
    )
    assert (accepted["status"], accepted["assignee_id"], accepted["due_on"]) == (
        *("accepted", clerk),
        DUE,
    )
    assert (accepted["owner_id"], accepted["decided_by"]) == (me, str(manager.actor.member_id))
    late = await seller.patch(path, json={"cost": "low"}, headers={"if-match": '"3"'})
    assert (late.status_code, late.json()["code"]) == (409, "feedback.closed")
    handed = {"assignee_id": str(manager.actor.member_id), "due_on": "2031-05-31"}
    moved = await made(manager, f"{path}/reassign", handed)
    assert {name: moved[name] for name in handed} == handed
    await made(manager, f"{path}/finish", {"result": "A rule approves them"})
    mine = (await seller.get(path)).json()
    assert (mine["status"], mine["answer"], mine["result"]) == (
        *("done", "Below 5 % it shall need none"),
        "A rule approves them",
    )
    assert mine["done_at"] is not None
    assert await code_of(manager, f"{path}/reassign", handed) == (409, "feedback.not_accepted")
    assert await seller.emitted(said["id"]) == [
        "feedback.received.v1",
        "feedback.updated.v1",
        "feedback.accepted.v1",
        "feedback.handed_over.v1",
        "feedback.done.v1",
    ]


async def test_who_declines_says_why_and_the_sender_reads_it(
    seller: Caller, manager: Caller
) -> None:
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW))['id']}"
    assert (await manager.post(f"{path}/decline", json={"answer": " "})).status_code == 422
    await made(manager, f"{path}/decline", {"answer": "The law asks for it"})
    mine = (await seller.get(path)).json()
    assert (mine["status"], mine["answer"], mine["done_at"]) == (
        *("declined", "The law asks for it"),
        None,
    )
    assert await code_of(manager, f"{path}/accept", {"due_on": DUE}) == (409, "lifecycle.illegal")


async def test_what_cannot_be_done_is_declined_after_all(seller: Caller, manager: Caller) -> None:
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW))['id']}"
    await made(manager, f"{path}/accept", {"due_on": DUE})
    declined = await made(manager, f"{path}/decline", {"answer": "No budget"})
    assert (declined["status"], declined["answer"]) == ("declined", "No budget")


async def test_feedback_is_seen_by_its_sender_and_by_those_who_decide(
    seller: Caller, login: Login
) -> None:
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW))['id']}"
    beside = await login("leads", "sales_rep", team="cn/east/ningbo")
    above_others = await login("leads", "sales_manager", team="cn/west")
    stranger = await login("leads", "admin", tenant=ids.new())
    for caller in (beside, above_others, stranger):
        assert (await caller.get(path)).status_code == 404
    director = await login("leads", "sales_director")
    assert (await director.get(path)).status_code == 200
    changed = await director.patch(path, json={"cost": "low"}, headers={"if-match": '"1"'})
    assert changed.status_code == 403, "the words are the sender's"
    partner = await login("leads", "partner")
    assert (await partner.post(FEEDBACK, json=SLOW)).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"kind": "mood"}, "/kind", "field.enum"),
        ({"details": " "}, "/details", "field.too_short"),
        ({"cost": None}, "/cost", "field.enum"),
    ],
)
async def test_feedback_without_what_it_needs_is_refused(
    seller: Caller, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await seller.post(FEEDBACK, json=SLOW | wrong)
    assert answer.status_code == 422
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [(pointer, code)]


async def test_feedback_is_about_what_is_there_and_due_on_a_day_to_come(
    seller: Caller, manager: Caller
) -> None:
    unknown = str(ids.new())
    assert await code_of(seller, FEEDBACK, SLOW | {"lead_id": unknown}) == (404, "lead.not_found")
    about = SLOW | {"campaign_id": unknown}
    assert await code_of(seller, FEEDBACK, about) == (404, "campaign.not_found")
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW))['id']}/accept"
    for body, pointer, code in (
        ({"due_on": "2020-01-01"}, "/due_on", "feedback.due"),
        ({"due_on": DUE, "assignee_id": unknown}, "/assignee_id", "owner.unknown"),
    ):
        answer = await manager.post(path, json=body)
        (fault,) = answer.json()["errors"]
        assert (answer.status_code, fault["pointer"], fault["code"]) == (422, pointer, code)


async def test_feedback_is_found_by_what_it_says(seller: Caller, manager: Caller) -> None:
    await made(seller, FEEDBACK, SLOW, occurred_at=MARCH)
    helps = {"kind": "tool", "effect": "helps", "cost": "low", "details": "The app finds numbers"}
    await made(seller, FEEDBACK, helps)

    async def found(caller: Caller, **query: str) -> list[str]:
        page = (await caller.get(FEEDBACK, params=query)).json()
        return [each["kind"] for each in page["items"]]

    assert await found(seller) == ["tool", "process"]
    assert await found(manager, effect="hinders", cost="high") == ["process"]
    assert await found(manager, q="approval") == ["process"]
    assert await found(manager, step="proposal") == ["process"]
    assert await found(manager, received_in="2026-W10") == ["process"]
    assert await found(manager, status="new", owner_id=str(seller.actor.member_id)) == [
        "tool",
        "process",
    ]
    refused = await seller.get(FEEDBACK, params={"owner_id": str(seller.actor.member_id)})
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter.unknown")


async def test_graphql_takes_and_shows_the_same(login: Login) -> None:
    director = await login("leads", "sales_director")
    lead, fair = await new_lead(director), await made(director, "/v1/campaigns", FAIR)
    send = """
    mutation ($input: SendFeedbackInput!) {
      sendFeedback(input: $input) {
        ... on Feedback { id status lead { company } campaign { name } sender { id } }
      }
    }
    """
    given = {"kind": "PRICE", "cost": "MEDIUM", "details": "Too dear", "leadId": lead["id"]}
    given["campaignId"] = fair["id"]
    sent = (await director.graphql("leads", send, input=given))["data"]["sendFeedback"]
    me = {"id": str(director.actor.member_id)}
    assert sent == {
        "id": sent["id"],
        "status": "NEW",
        "lead": {"company": "Acme"},
        "campaign": {"name": fair["name"]},
        "sender": me,
    }
    steps = f"""
    mutation ($id: UUID!, $me: UUID!) {{
      updateFeedback(id: $id, expectedVersion: 1, input: {{step: "quote"}}) {{
        ... on Feedback {{ step details }} }}
      acceptFeedback(id: $id, input: {{dueOn: "{DUE}"}}) {{
        ... on Feedback {{ status assignee {{ id }} }} }}
      reassignFeedback(id: $id, input: {{assigneeId: $me}}) {{ ... on Feedback {{ dueOn }} }}
      finishFeedback(id: $id, input: {{result: "Cut"}}) {{ ... on Feedback {{ status result }} }}
      declineFeedback(id: $id, input: {{answer: "No"}}) {{ ... on Problem {{ code }} }}
    }}
    """
    assert (await director.graphql("leads", steps, id=sent["id"], me=me["id"]))["data"] == {
        "updateFeedback": {"step": "quote", "details": "Too dear"},
        "acceptFeedback": {"status": "ACCEPTED", "assignee": me},
        "reassignFeedback": {"dueOn": DUE},
        "finishFeedback": {"status": "DONE", "result": "Cut"},
        "declineFeedback": {"code": "lifecycle.illegal"},
    }
    query = """
    query ($id: UUID!) {
      feedback(id: $id) { step owner { id } }
      allFeedback(filter: {status: [DONE]}) { nodes { id } }
    }
    """
    assert (await director.graphql("leads", query, id=sent["id"]))["data"] == {
        "feedback": {"step": "quote", "owner": me},
        "allFeedback": {"nodes": [{"id": sent["id"]}]},
    }
