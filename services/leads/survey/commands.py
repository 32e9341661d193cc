"""Every change of surveys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.rows import revealing
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractState
from crmkit.events.leads_surveys import (
    SurveyAnswered,
    SurveyCancelled,
    SurveyLinked,
    SurveyPlanned,
    SurveySent,
    SurveyTemplateCreated,
    SurveyTemplateUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict
from crmkit.kernel.keys import hash_of, new_key
from services.leads.account.models import Account
from services.leads.account.queries import standing_id
from services.leads.contact.commands import expect_contact
from services.leads.survey.domain import (
    LIFECYCLE,
    MARK,
    Document,
    Question,
    SurveyStatus,
    SurveyTrigger,
    demand_answers,
    demand_askable,
    demand_open,
    document_of,
    is_pleased,
    next_due,
    questions_of,
    score_of,
)
from services.leads.survey.models import Survey, SurveyTemplate
from services.leads.survey.queries import list_triggered
from services.leads.survey.schemas import (
    AnswerSurvey,
    LinkSurvey,
    PlanSurvey,
    QuestionIn,
    SurveyTemplateCreate,
    SurveyTemplateUpdate,
)

_ABOUT = ("account_id", "contact_id", "contract_id", "owner_id", "team", "region")


async def create_survey_template(tx: Tx, new: SurveyTemplateCreate) -> SurveyTemplate:
    """Draw up a template."""
    return tx.create(
        SurveyTemplate,
        SurveyTemplateCreated,
        **given(new, questions=_document(new.questions)),
    )


async def update_survey_template(
    tx: Tx, template_id: UUID, patch: SurveyTemplateUpdate
) -> SurveyTemplate:
    """Change a template, or use it no more; surveys that were planned keep their questions."""
    template = await tx.take(SurveyTemplate, template_id)
    values: dict[str, Any] = given(patch)
    if "questions" in values:
        values["questions"] = _document(patch.questions)
    return tx.update(template, SurveyTemplateUpdated, **values)


async def plan_survey(tx: Tx, new: PlanSurvey) -> Survey:
    """Plan to ask somebody; Conflict `survey.inactive` where the template is used no more."""
    template = await tx.get(SurveyTemplate, new.template_id)
    tx.expect(template)
    if not template.active:
        raise Conflict("this template is not used any more", code="survey.inactive")
    if new.account_id is not None:
        tx.expect(await tx.get(Account, new.account_id))
    await expect_contact(tx, new.contact_id, new.account_id)
    who = await owner(tx, new.owner_id)
    about = given(new, owner_id=who.owner_id, team=who.team, region=who.region)
    return _plan(tx, template, about.pop("due_at") or tx.occurred_at, about)


async def plan_by_contract(
    tx: Tx, trigger: SurveyTrigger, contract: ContractState
) -> Survey | None:
    """Plan what a contract brings about, once for each template and contract."""
    planned = None
    for template in await list_triggered(tx, trigger):
        survey_id = ids.named(template.id, contract.id, "survey")
        if await tx.find(Survey, id=survey_id) is not None:
            continue
        about = {
            "id": survey_id,
            "account_id": await standing_id(tx, contract.account_id),
            "contact_id": None,
            "contract_id": contract.id,
            "owner_id": contract.owner_id,
            "team": contract.team,
            "region": contract.region,
        }
        due_at = tx.occurred_at + timedelta(days=template.delay_days)
        planned = _plan(tx, template, due_at, about)
    return planned


async def send_survey(tx: Tx, survey_id: UUID) -> Survey:
    """Send a planned survey that is due, and plan the next one of a yearly kind."""
    survey = await tx.take(Survey, survey_id)
    if survey.status is not SurveyStatus.PLANNED or survey.due_at > tx.now:
        return survey
    await _plan_next(tx, survey)
    return tx.update(survey, SurveySent, status=SurveyStatus.SENT, sent_at=tx.occurred_at)


async def answer_survey(tx: Tx, survey_id: UUID, said: AnswerSurvey) -> Survey:
    """Record what was answered, once; one that was never sent counts as sent then."""
    survey = await tx.take(Survey, survey_id)
    status = LIFECYCLE.move(survey.status, SurveyStatus.ANSWERED)
    questions = questions_of(survey.questions)
    demand_answers(questions, said.answers)
    if survey.sent_at is None:
        await _plan_next(tx, survey)
    score = score_of(questions, said.answers)
    return tx.update(
        survey,
        SurveyAnswered,
        status=status,
        sent_at=survey.sent_at or tx.occurred_at,
        answered_at=tx.occurred_at,
        answers=dict(said.answers),
        score=score,
        pleased=is_pleased(score),
    )


async def link_survey(tx: Tx, survey_id: UUID, how: LinkSurvey) -> Survey:
    """Make a link by which whoever has it answers, once; the row brings its token along, once. A
    link that was made before opens nothing any more.

    Conflict `survey.closed` where it was answered, or is not asked any more.
    """
    survey = await tx.take(Survey, survey_id)
    demand_open(survey.status)
    token = new_key(tx.tenant_id, survey.id, MARK)
    until = tx.now + timedelta(days=how.valid_days)
    linked = tx.update(survey, SurveyLinked, link_hash=hash_of(token), link_until=until)
    return revealing(linked, token=token)


async def cancel_survey(tx: Tx, survey_id: UUID) -> Survey:
    """Ask no more, now and in the years to come."""
    survey = await tx.take(Survey, survey_id)
    status = LIFECYCLE.move(survey.status, SurveyStatus.CANCELLED)
    return tx.update(survey, SurveyCancelled, status=status)


def _plan(tx: Tx, template: SurveyTemplate, due_at: datetime, about: dict[str, Any]) -> Survey:
    same = {name: getattr(template, name) for name in ("name", "kind", "every_days", "questions")}
    return tx.create(
        Survey,
        SurveyPlanned,
        **{"template_id": template.id} | about | same,
        status=SurveyStatus.PLANNED,
        due_at=due_at,
    )


async def _plan_next(tx: Tx, survey: Survey) -> None:
    """The questions are those the template has by now; one that is used no more asks nothing."""
    due_at = next_due(survey.due_at, survey.every_days, tx.now)
    template = await tx.find(SurveyTemplate, id=survey.template_id)
    if due_at is None or template is None or not template.active:
        return
    about = {name: getattr(survey, name) for name in _ABOUT}
    _plan(tx, template, due_at, about | {"id": ids.named(survey.id, "next")})


def _document(given_questions: list[QuestionIn]) -> Document:
    questions = [
        Question(q.key, q.text, q.kind, tuple(q.choices), q.required) for q in given_questions
    ]
    demand_askable(questions)
    return document_of(questions)
