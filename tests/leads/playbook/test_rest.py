from typing import Any

import pytest

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import refusal
from tests.leads.samples import made, new_lead

OBJECTIONS, SETS = "/v1/objections", "/v1/question-sets"
DEAR = {
    "objection": "price",
    "says": "Too dear",
    "answers": ["What would it cost you to go on as you are?", "Pay by the month"],
}
PAIN = {"code": "pain", "text": "What keeps you from it today?", "kind": "text", "required": True}
WHEN = {"code": "when", "text": "By when?", "kind": "choice", "options": ["May", "June"]}
ASKED = {"name": "First talk", "questions": [PAIN, WHEN]}
SHOWN = """
query ($id: UUID!, $entry: UUID!, $set: UUID!, $month: String!) {
  leadNeeds(id: $id) { needs }
  objectionEntry(id: $entry) { says }
  objectionEntries(filter: {active: false}) { nodes { id } }
  questionSet(id: $set) { name }
  questionSets(filter: {active: false}) { nodes { id } }
  objectionUsage(period: $month) { objection met outcomes entries }
}
"""


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("leads", "sales_director")


async def met(caller: Caller, **fields: Any) -> None:
    await made(caller, "/v1/activities/log", {"kind": "meeting", "subject": "Talk", **fields})


async def test_an_objection_has_answers_in_order_and_is_retired_not_deleted(
    director: Caller, login: Login
) -> None:
    entry = await made(director, OBJECTIONS, DEAR)
    assert (entry["answers"], entry["product"], entry["active"]) == (DEAR["answers"], "", True)
    path = f"{OBJECTIONS}/{entry['id']}"
    turned = {"answers": DEAR["answers"][::-1], "active": False}
    changed = (await director.patch(path, json=turned, headers={"if-match": '"1"'})).json()
    assert (changed["answers"], changed["active"]) == (turned["answers"], False)
    seller = await login("leads", "sales_rep")
    asked = {"objection": "price", "active": "true"}
    assert (await seller.get(OBJECTIONS, params=asked)).json()["items"] == []
    assert (await seller.get(path)).json()["says"] == "Too dear"
    assert await refusal(seller, OBJECTIONS, DEAR) == (403, "forbidden")
    assert (await director.delete(path)).status_code == 405
    types = ["objection_entry.created.v1", "objection_entry.updated.v1"]
    assert await director.emitted(entry["id"]) == types


@pytest.mark.parametrize("wrong", [{"objection": "rain"}, {"answers": []}, {"answers": [" "]}])
async def test_an_objection_is_of_a_code_of_activities_and_has_an_answer(
    director: Caller, wrong: dict[str, Any]
) -> None:
    assert (await refusal(director, OBJECTIONS, DEAR | wrong))[0] == 422


async def test_objections_are_counted_by_what_came_of_them(director: Caller, login: Login) -> None:
    await made(director, OBJECTIONS, DEAR)
    for outcome in ("agreed", "objected", "objected"):
        await met(director, objection="price", outcome_code=outcome)
    await met(director, objection="trust")
    await met(director, outcome_code="agreed")
    seller = await login("leads", "sales_rep")
    await met(seller, objection="trust")
    month = {"period": (await today(director))[:7]}
    shown = (await director.get(f"{OBJECTIONS}/usage", params=month)).json()
    assert [(each["objection"], each["met"], each["entries"]) for each in shown["lines"]] == [
        ("price", 3, 1),
        ("trust", 2, 0),
    ]
    assert shown["lines"][0]["outcomes"] == {"agreed": 1, "objected": 2}
    own = (await seller.get(f"{OBJECTIONS}/usage", params=month)).json()["lines"]
    assert [(each["objection"], each["met"]) for each in own] == [("trust", 1)]


async def today(caller: Caller) -> str:
    """The day on which the newest activity was done."""
    newest = (await caller.get("/v1/activities", params={"limit": "1"})).json()["items"][0]
    return str(newest["done_at"])


async def test_answers_fill_fields_of_the_need_call_by_call(director: Caller) -> None:
    asked, lead = await made(director, SETS, ASKED), await new_lead(director)
    path, said = f"/v1/leads/{lead['id']}/needs", {"question_set_id": asked["id"]}
    assert (await director.get(path)).json()["needs"] == {}
    assert await refusal(director, path, said | {"answers": {"when": "May"}}) == (
        422,
        "need.missing",
    )
    first = await made(director, path, said | {"answers": {"pain": "It stands still"}})
    assert (first["needs"], first["version"]) == ({"pain": "It stands still"}, 2)
    second = await made(director, path, said | {"answers": {"when": "June"}})
    assert second["needs"] == {"pain": "It stands still", "when": "June"}
    history = (await director.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert history[0]["type"] == "lead.updated.v1"
    assert set(history[0]["changed"]) == {"needs"}
    before = {"as_of": history[0]["recorded_at"]}
    await made(director, path, said | {"answers": {"when": "May"}})
    assert (await director.get(path, params=before)).json()["needs"] == second["needs"]


async def test_questions_that_are_retired_or_wrong_are_not_asked(director: Caller) -> None:
    twice = ASKED | {"questions": [PAIN, PAIN]}
    assert await refusal(director, SETS, twice) == (422, "question_set.twice")
    asked, lead = await made(director, SETS, ASKED), await new_lead(director)
    path = f"{SETS}/{asked['id']}"
    await director.patch(path, json={"active": False}, headers={"if-match": '"1"'})
    said = {"question_set_id": asked["id"], "answers": {"pain": "x"}}
    needs = f"/v1/leads/{lead['id']}/needs"
    assert await refusal(director, needs, said) == (409, "question_set.inactive")
    changed = {"active": True, "questions": [WHEN]}
    await director.patch(path, json=changed, headers={"if-match": '"2"'})
    assert await refusal(director, needs, said) == (422, "need.unknown")
    await made(director, f"/v1/leads/{lead['id']}/qualify", {"intent": "a"})
    await made(director, f"/v1/leads/{lead['id']}/convert", {"opportunity": False})
    late = said | {"answers": {"when": "May"}}
    assert await refusal(director, needs, late) == (409, "lead.closed")


async def test_answers_about_somebody_go_when_they_are_erased(
    login: Login, director: Caller
) -> None:
    asked, lead = await made(director, SETS, ASKED), await new_lead(director)
    said = {"question_set_id": asked["id"], "answers": {"pain": "My father's shop"}}
    await made(director, f"/v1/leads/{lead['id']}/needs", said)
    admin = await login("leads", "admin")
    await made(admin, f"/v1/leads/{lead['id']}/erase", {"reason": "request", "reference": "1"})
    assert (await director.get(f"/v1/leads/{lead['id']}/needs")).json()["needs"] == {}
    history = await director.get(f"/v1/leads/{lead['id']}/history")
    assert "father" not in history.text


async def test_graphql_keeps_the_playbook_alike(director: Caller) -> None:
    create = """
    mutation ($entry: ObjectionEntryCreateInput!, $set: QuestionSetCreateInput!) {
      createObjectionEntry(input: $entry) { ... on ObjectionEntry { id objection answers } }
      createQuestionSet(input: $set) { ... on QuestionSet { id questions } }
    }
    """
    entry = DEAR | {"objection": "PRICE"}
    questions = [each | {"kind": each["kind"].upper()} for each in (PAIN, WHEN)]  # type: ignore[attr-defined]  # texts all
    asked = {"name": "First talk", "questions": questions}
    new = (await director.graphql("leads", create, entry=entry, set=asked))["data"]
    assert new["createObjectionEntry"]["answers"] == DEAR["answers"]
    lead = await new_lead(director)
    await met(director, objection="price")
    steps = """
    mutation ($id: UUID!, $entry: UUID!, $set: UUID!, $input: AnswerNeedsInput!) {
      answerNeeds(id: $id, input: $input) { ... on LeadNeeds { needs } }
      updateObjectionEntry(id: $entry, expectedVersion: 1, input: {active: false}) {
        ... on ObjectionEntry { active }
      }
      updateQuestionSet(id: $set, expectedVersion: 1, input: {active: false}) {
        ... on QuestionSet { active }
      }
      again: answerNeeds(id: $id, input: $input) { ... on Problem { code } }
    }
    """
    ids = {"entry": new["createObjectionEntry"]["id"], "set": new["createQuestionSet"]["id"]}
    said = {"questionSetId": ids["set"], "answers": {"pain": "x"}}
    done = (await director.graphql("leads", steps, id=lead["id"], input=said, **ids))["data"]
    assert done == {
        "answerNeeds": {"needs": {"pain": "x"}},
        "updateObjectionEntry": {"active": False},
        "updateQuestionSet": {"active": False},
        "again": {"code": "question_set.inactive"},
    }
    month = (await today(director))[:7]
    asked_of = {"id": lead["id"], "month": month, **ids}
    assert (await director.graphql("leads", SHOWN, **asked_of))["data"] == {
        "leadNeeds": {"needs": {"pain": "x"}},
        "objectionEntry": {"says": "Too dear"},
        "objectionEntries": {"nodes": [{"id": ids["entry"]}]},
        "questionSet": {"name": "First talk"},
        "questionSets": {"nodes": [{"id": ids["set"]}]},
        "objectionUsage": [{"objection": "PRICE", "met": 1, "outcomes": {}, "entries": 0}],
    }
