from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.events.contracts import ContractCompleted
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.survey.commands import send_survey
from services.leads.survey.consumers import ask_after_completion
from services.leads.survey_clock import SurveyClock
from tests.leads.contract_samples import a_contract
from tests.leads.samples import HISTORY, made, new_account, new_contact

TEMPLATES, SURVEYS, MARCH = "/v1/survey-templates", "/v1/surveys", "2026-03-02T09:00:00Z"
SCALE = {"key": "service", "text": "How was it?", "kind": "scale5"}
WORDS = {"key": "words", "text": "What else?", "kind": "text", "required": False}


async def a_template(caller: Caller, **fields: Any) -> dict[str, Any]:
    new = {"name": f"{ids.new()}", "questions": [SCALE, WORDS]}
    return await made(caller, TEMPLATES, new | fields)


async def asked(caller: Caller, template: dict[str, Any], **about: Any) -> dict[str, Any]:
    return await made(caller, SURVEYS, {"template_id": template["id"]} | about)


async def send(caller: Caller, survey: dict[str, Any]) -> dict[str, Any]:
    call = Call(system(caller.actor.tenant_id))
    await caller.executor.write(call, send_survey, UUID(survey["id"]))
    shown: dict[str, Any] = (await caller.get(f"{SURVEYS}/{survey['id']}")).json()
    return shown


async def answered(caller: Caller, survey: dict[str, Any], score: int) -> dict[str, Any]:
    said = {"answers": {"service": score}}
    return await made(caller, f"{SURVEYS}/{survey['id']}/answer", said)


async def boss_of(login: Login) -> Caller:
    return await login("leads", "sales_director", scopes=[HISTORY])


async def test_research_product_and_team_are_asked_as_satisfaction_is(login: Login) -> None:
    """反馈机制：市场调研、满意度、产品调查: each kind has results of its own."""
    boss = await boss_of(login)
    scores = {"satisfaction": 5, "research": 4, "product": 3, "feedback": 2}
    for kind, score in scores.items():
        template = await a_template(boss, kind=kind)
        survey = await answered(boss, await asked(boss, template), score)
        found = (await boss.get(TEMPLATES, params={"kind": kind})).json()["items"]
        assert [each["id"] for each in found] == [survey["template_id"]]
    period = {"period": f"{clock.now():%Y-%m}"}
    lines = (await boss.get(f"{SURVEYS}/results", params=period)).json()["lines"]
    means = {line["kind"]: line["mean_score"] for line in lines}
    assert means == {kind: f"{score}.00" for kind, score in scores.items()}


async def test_a_survey_is_planned_sent_and_answered(login: Login) -> None:
    boss = await boss_of(login)
    account = await new_account(boss)
    survey = await asked(boss, await a_template(boss), account_id=account["id"], due_at=MARCH)
    assert (survey["status"], survey["due_at"], survey["score"]) == ("planned", MARCH, None)
    assert survey["questions"][0] == SCALE | {"choices": [], "required": True}
    sent = await send(boss, survey)
    assert (sent["status"], sent["answered_at"]) == ("sent", None)
    assert (await send(boss, survey))["version"] == sent["version"]
    said = {"answers": {"service": 4, "words": "非常满意"}}
    done = await made(boss, f"{SURVEYS}/{survey['id']}/answer", said)
    assert (done["status"], done["answers"]) == ("answered", said["answers"])
    assert (done["score"], done["pleased"]) == ("4.00", True)
    unhappy = await boss.get(SURVEYS, params={"pleased": "false"})
    assert unhappy.json()["items"] == []
    again = await boss.post(f"{SURVEYS}/{survey['id']}/answer", json=said)
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")
    told = ["survey.planned.v1", "survey.sent.v1", "survey.answered.v1"]
    assert await boss.emitted(survey["id"]) == told


async def test_what_staff_record_of_one_that_was_not_sent_counts_as_sent(login: Login) -> None:
    boss = await boss_of(login)
    survey = await answered(boss, await asked(boss, await a_template(boss)), 5)
    assert survey["sent_at"] == survey["answered_at"] is not None


@pytest.mark.parametrize("said", [{}, {"service": 9}, {"service": 4, "other": 1}])
async def test_answers_that_do_not_fit_change_nothing(login: Login, said: dict[str, Any]) -> None:
    boss = await boss_of(login)
    survey = await asked(boss, await a_template(boss))
    answer = await boss.post(f"{SURVEYS}/{survey['id']}/answer", json={"answers": said})
    assert (answer.status_code, answer.json()["code"]) == (422, "survey.answers")
    assert (await boss.get(f"{SURVEYS}/{survey['id']}")).json()["version"] == 1


async def test_a_survey_due_later_is_not_sent_and_one_cancelled_never(login: Login) -> None:
    boss = await boss_of(login)
    template = await a_template(boss)
    later = (clock.now() + timedelta(7)).isoformat()
    assert (await send(boss, await asked(boss, template, due_at=later)))["status"] == "planned"
    off = await asked(boss, template)
    await made(boss, f"{SURVEYS}/{off['id']}/cancel", {})
    assert (await send(boss, off))["status"] == "cancelled"
    refused = await boss.post(f"{SURVEYS}/{off['id']}/answer", json={"answers": {"service": 3}})
    assert refused.json()["code"] == "lifecycle.illegal"


async def test_a_yearly_survey_plans_the_next_with_the_questions_of_then(login: Login) -> None:
    boss = await boss_of(login)
    template = await a_template(boss, every_days=365)
    survey = await asked(boss, template, due_at=MARCH)
    path, changed = f"{TEMPLATES}/{template['id']}", [SCALE | {"text": "And this year?"}]
    await boss.patch(path, json={"questions": changed}, headers={"if-match": '"1"'})
    await send(boss, survey)
    following, first = (await boss.get(SURVEYS)).json()["items"]
    assert (following["due_at"], following["status"]) == ("2027-03-02T09:00:00Z", "planned")
    assert following["questions"][0]["text"] == "And this year?"
    assert first["questions"][0]["text"] == "How was it?"
    await boss.patch(path, json={"active": False}, headers={"if-match": '"2"'})
    await answered(boss, following, 3)
    assert len((await boss.get(SURVEYS)).json()["items"]) == 2
    refused = await boss.post(SURVEYS, json={"template_id": template["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "survey.inactive")


async def test_a_completed_contract_is_asked_about_after_seven_days_once(
    login: Login, tenant: UUID
) -> None:
    boss = await boss_of(login)
    template = await a_template(boss, trigger="contract_completed")
    await a_template(boss)
    state = a_contract(tenant).state
    at = a_contract(tenant).occurred_at
    about = (ids.new(), tenant, state.id, 4, at, clock.now(), "system", None, None)
    completed = ContractCompleted(*about, state, {})
    for _ in range(2):
        call = Call(system(tenant), occurred_at=at, cause=completed.id)
        await boss.executor.write(call, ask_after_completion.act, completed)
    (survey,) = (await boss.get(SURVEYS)).json()["items"]
    assert (survey["template_id"], survey["contract_id"]) == (template["id"], str(state.id))
    assert survey["due_at"] == "2026-03-09T09:00:00Z"


async def test_the_schedule_sends_what_is_due(login: Login, house: House) -> None:
    boss = await boss_of(login)
    survey = await asked(boss, await a_template(boss))
    turn = SurveyClock(house.settings("leads"))
    while await turn(boss.executor, await house.system("leads")):
        pass
    assert (await boss.get(f"{SURVEYS}/{survey['id']}")).json()["status"] == "sent"


async def test_results_say_how_satisfied_those_are_who_were_asked(login: Login) -> None:
    boss = await boss_of(login)
    seller = await login("leads", "sales_rep", team="cn/west")
    template = await a_template(boss, name="Yearly")
    for score in (5, 4, 2):
        await answered(boss, await asked(boss, template), score)
    await send(boss, await asked(boss, template))
    await asked(boss, template, due_at="2199-01-01T00:00:00Z")
    this_year = f"{clock.now():%Y-%m}"

    async def results(caller: Caller) -> list[dict[str, Any]]:
        answer = await caller.get(f"{SURVEYS}/results", params={"period": this_year})
        lines: list[dict[str, Any]] = answer.json()["lines"]
        return lines

    assert await results(boss) == [
        {
            "template_id": template["id"],
            "name": "Yearly",
            "kind": "satisfaction",
            "sent": 4,
            "answered": 3,
            "scored": 3,
            "pleased": 2,
            "mean_score": "3.67",
            "response_rate": "0.7500",
            "pleased_share": "0.6667",
        }
    ]
    assert await results(seller) == []
    wrong = await boss.get(f"{SURVEYS}/results", params={"period": "soon"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "period.invalid")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"questions": []}, "field.too_short"),
        ({"questions": [SCALE, SCALE]}, "survey.questions"),
        ({"questions": [SCALE | {"choices": ["a"]}]}, "survey.questions"),
        ({"every_days": -1}, "field.greater_than_equal"),
        ({"kind": "exam"}, "field.enum"),
    ],
)
async def test_a_template_that_cannot_be_asked_is_refused(
    login: Login, wrong: dict[str, Any], code: str
) -> None:
    boss = await boss_of(login)
    answer = await boss.post(TEMPLATES, json={"name": "x", "questions": [SCALE]} | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_who_sells_asks_by_templates_and_makes_none(login: Login) -> None:
    boss, seller = await boss_of(login), await login("leads", "sales_rep")
    template = await a_template(boss)
    assert (
        await seller.post(TEMPLATES, json={"name": "x", "questions": [SCALE]})
    ).status_code == 403
    survey = await asked(seller, template)
    assert survey["owner_id"] == str(seller.actor.member_id)
    other = await login("leads", "sales_rep")
    assert (await other.get(f"{SURVEYS}/{survey['id']}")).status_code == 404
    assert (await other.post(f"{SURVEYS}/{survey['id']}/cancel")).status_code == 404
    kinds = (await seller.get(f"{TEMPLATES}/enums")).json()
    assert set(kinds) == {"kind", "trigger", "question_kind"}
    assert {"code": "feedback", "zh": "内部反馈", "en": "Internal feedback"} in kinds["kind"]


async def test_graphql_takes_and_shows_the_same(login: Login) -> None:
    boss = await boss_of(login)
    account = await new_account(boss, name="Acme Group")
    create = """
    mutation ($input: SurveyTemplateCreateInput!) {
      createSurveyTemplate(input: $input) {
        ... on SurveyTemplate { id delayDays questions { key kind choices required } }
      }
    }
    """
    question = {"key": "best", "text": "Best?", "kind": "CHOICE", "choices": ["price", "people"]}
    given = {"name": "Delivery", "questions": [question]}
    template = (await boss.graphql("leads", create, input=given))["data"]["createSurveyTemplate"]
    shown = {"key": "best", "kind": "CHOICE", "choices": ["price", "people"], "required": True}
    assert template == {"id": template["id"], "delayDays": 7, "questions": [shown]}
    ask = """
    mutation ($id: UUID!, $account: UUID!) {
      planSurvey(input: {templateId: $id, accountId: $account}) {
        ... on Survey { id status account { name } }
      }
      updateSurveyTemplate(id: $id, expectedVersion: 1, input: {active: false}) {
        ... on SurveyTemplate { active }
      }
    }
    """
    made_now = (await boss.graphql("leads", ask, id=template["id"], account=account["id"]))["data"]
    survey = made_now["planSurvey"]
    assert made_now["updateSurveyTemplate"] == {"active": False}
    assert (survey["status"], survey["account"]) == ("PLANNED", {"name": "Acme Group"})
    answer = """
    mutation ($id: UUID!, $said: JSON!) {
      answerSurvey(id: $id, input: {answers: $said}) {
        ... on Survey { status score answers }
        ... on Problem { code errors { pointer } }
      }
    }
    """
    wrong = await boss.graphql("leads", answer, id=survey["id"], said={"best": "food"})
    fault = {"code": "survey.answers", "errors": [{"pointer": "/answers/best"}]}
    assert wrong["data"]["answerSurvey"] == fault
    right = await boss.graphql("leads", answer, id=survey["id"], said={"best": "people"})
    said = {"status": "ANSWERED", "score": None, "answers": {"best": "people"}}
    assert right["data"]["answerSurvey"] == said
    cancel = "mutation ($id: UUID!) { cancelSurvey(id: $id) { ... on Problem { code } } }"
    late = await boss.graphql("leads", cancel, id=survey["id"])
    assert late["data"]["cancelSurvey"] == {"code": "lifecycle.illegal"}
    await _shown(boss, account["id"])


async def _shown(boss: Caller, account_id: str) -> None:
    """Every way to the survey shows it, and what it came to."""
    query = """
    query ($account: UUID!, $period: String!) {
      account(id: $account) { surveys { nodes { status } } }
      surveys(filter: {status: [ANSWERED]}) { nodes { name } }
      surveyTemplates { nodes { name } }
      surveyResults(period: $period) { sent answered scored meanScore responseRate }
    }
    """
    period = f"{clock.now():%Y-%m}"
    found = (await boss.graphql("leads", query, account=account_id, period=period))["data"]
    assert found["account"] == {"surveys": {"nodes": [{"status": "ANSWERED"}]}}
    assert found["surveys"] == {"nodes": [{"name": "Delivery"}]}
    assert found["surveyTemplates"] == {"nodes": [{"name": "Delivery"}]}
    assert found["surveyResults"] == [
        {"sent": 1, "answered": 1, "scored": 0, "meanScore": None, "responseRate": "1.0000"}
    ]


async def test_who_is_asked_is_somebody_of_the_account(login: Login) -> None:
    boss = await boss_of(login)
    account, other = await new_account(boss), await new_account(boss)
    there, elsewhere = await new_contact(boss, account), await new_contact(boss, other)
    body = {"template_id": (await a_template(boss))["id"], "account_id": account["id"]}
    wrong = await boss.post(SURVEYS, json=body | {"contact_id": elsewhere["id"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "contact.elsewhere")
    nobody = await boss.post(SURVEYS, json=body | {"contact_id": str(ids.new())})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "contact.not_found")
    assert (await made(boss, SURVEYS, body | {"contact_id": there["id"]}))["status"] == "planned"
