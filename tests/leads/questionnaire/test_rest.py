from typing import Any

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.capture_samples import VISIT
from tests.leads.samples import HISTORY, made, new_lead

ASKED = [
    {"code": "heard", "text": "How did you hear of us?", "kind": "choice", "required": True}
    | {"options": ["电视", "网络"]},
    {"code": "rooms", "text": "How many rooms?", "kind": "number"},
]
MARCH = "2026-03-02T09:00:00Z"


async def drawn_up(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(
        caller, "/v1/questionnaires", {"name": "来访客户问卷", "questions": ASKED} | fields
    )


async def test_a_visitor_answers_what_they_are_asked(login: Login) -> None:
    sheet = await drawn_up(await login("leads", "marketing"))
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    visit = await made(seller, "/v1/visits", VISIT, occurred_at=MARCH)
    body = {
        "questionnaire_id": sheet["id"],
        "visit_id": visit["id"],
        "answers": {"heard": "电视", "rooms": 3},
    }
    survey = await made(seller, "/v1/visitor-surveys", body, occurred_at=MARCH)
    assert (survey["lead_id"], survey["answered_at"]) == (visit["lead_id"], MARCH)
    assert survey["answers"] == body["answers"]
    assert survey["questions"] == sheet["questions"]
    assert (await seller.get(f"/v1/visitor-surveys/{survey['id']}")).json() == survey
    listed = await seller.get(f"/v1/visitor-surveys?lead_id={visit['lead_id']}")
    assert listed.json()["items"] == [survey]
    assert await seller.emitted(survey["id"]) == ["visitor_survey.answered.v1"]


async def test_answers_stay_beside_what_was_asked_then(login: Login) -> None:
    director = await login("leads", "sales_director")
    sheet, lead = await drawn_up(director), await new_lead(director)
    body = {"questionnaire_id": sheet["id"], "lead_id": lead["id"], "answers": {"heard": "网络"}}
    survey = await made(director, "/v1/visitor-surveys", body)
    path = f"/v1/questionnaires/{sheet['id']}"
    fewer = {"questions": ASKED[1:]}
    changed = await director.patch(path, json=fewer, headers={"if-match": '"1"'})
    assert [each["code"] for each in changed.json()["questions"]] == ["rooms"]
    kept = (await director.get(f"/v1/visitor-surveys/{survey['id']}")).json()
    assert [each["code"] for each in kept["questions"]] == ["heard", "rooms"]
    refused = await director.post("/v1/visitor-surveys", json=body)
    assert [(f["pointer"], f["code"]) for f in refused.json()["errors"]] == [
        ("/answers/heard", "survey.unknown")
    ]
    await director.patch(path, json={"active": False}, headers={"if-match": '"2"'})
    late = await director.post("/v1/visitor-surveys", json=body | {"answers": {}})
    assert (late.status_code, late.json()["code"]) == (409, "questionnaire.inactive")


async def test_answers_are_somebodys_whom_the_caller_sees(login: Login) -> None:
    director, seller = await login("leads", "sales_director"), await login("leads", "sales_rep")
    sheet, lead = await drawn_up(director), await new_lead(director)
    body = {"questionnaire_id": sheet["id"], "answers": {"heard": "网络"}}
    for more, status, code in (
        ({}, 422, "survey.whose"),
        ({"lead_id": lead["id"], "visit_id": lead["id"]}, 422, "survey.whose"),
        ({"lead_id": lead["id"]}, 404, "lead.not_found"),
        ({"visit_id": str(ids.new())}, 404, "visit.not_found"),
        (
            {"lead_id": lead["id"], "questionnaire_id": str(ids.new())},
            404,
            "questionnaire.not_found",
        ),
    ):
        answer = await seller.post("/v1/visitor-surveys", json=body | more)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_questions_that_cannot_be_answered_are_refused(login: Login) -> None:
    marketing = await login("leads", "marketing")
    for question, pointer in (
        ({"kind": "scale", "options": ["a", "b"]}, "/questions/0/options"),
        ({"kind": "guess"}, "/questions/0/kind"),
        ({"code": "A B"}, "/questions/0/code"),
        ({"text": ""}, "/questions/0/text"),
    ):
        wrong = {"code": "x", "text": "X?", "kind": "text"} | question
        answer = await marketing.post(
            "/v1/questionnaires", json={"name": "x", "questions": [wrong]}
        )
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_questionnaires_and_answers_are_kept_by_mutations_too(login: Login) -> None:
    director = await login("leads", "sales_director")
    lead = await new_lead(director)
    create = """mutation ($asked: [QuestionInput!]!) {
      made: createQuestionnaire(input: {name: "Visitors", questions: $asked}) {
        ... on Questionnaire { id questions } } }"""
    asked = [{"code": "ok", "text": "OK?", "kind": "YES_NO", "required": True}]
    sheet = (await director.graphql("leads", create, asked=asked))["data"]["made"]
    assert sheet["questions"] == [
        {"code": "ok", "text": "OK?", "kind": "yes_no", "options": [], "required": True}
    ]
    answer = """
    mutation ($sheet: UUID!, $lead: UUID!) {
      wrong: answerQuestionnaire(input: {questionnaireId: $sheet, leadId: $lead,
                                          answers: {ok: 1}}) {
        ... on Problem { code }
      }
      answerQuestionnaire(input: {questionnaireId: $sheet, leadId: $lead, answers: {ok: true}}) {
        ... on VisitorSurvey { answers lead { visitorSurveys { nodes { questionnaireId } } } }
      }
      updateQuestionnaire(id: $sheet, expectedVersion: 1, input: {name: "Guests"}) {
        ... on Questionnaire { name surveys { nodes { answers } } }
      }
    }
    """
    told = (await director.graphql("leads", answer, sheet=sheet["id"], lead=lead["id"]))["data"]
    assert told == {
        "wrong": {"code": "survey.answer"},
        "answerQuestionnaire": {
            "answers": {"ok": True},
            "lead": {"visitorSurveys": {"nodes": [{"questionnaireId": sheet["id"]}]}},
        },
        "updateQuestionnaire": {
            "name": "Guests",
            "surveys": {"nodes": [{"answers": {"ok": True}}]},
        },
    }
    both = "{ questionnaires { nodes { name } } visitorSurveys { nodes { answers } } }"
    assert (await director.graphql("leads", both))["data"] == {
        "questionnaires": {"nodes": [{"name": "Guests"}]},
        "visitorSurveys": {"nodes": [{"answers": {"ok": True}}]},
    }
