"""Every change of rules and models, and of the score that a lead keeps."""

from typing import Any
from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.leads_scoring import (
    LeadScored,
    ScoreModelActivated,
    ScoreModelDrafted,
    ScoreModelRetired,
    ScoringRuleCreated,
    ScoringRuleDeleted,
    ScoringRuleUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from crmkit.kernel.numbered import free_place
from crmkit.kernel.own import own_keys
from services.leads.lead.domain import OPEN
from services.leads.lead.models import Lead
from services.leads.lead.queries import LEAD_FIELDS
from services.leads.scoring.domain import (
    LIFECYCLE,
    MOST_RULES,
    Score,
    ScoreModelStatus,
    demand_early,
    demand_rule,
    demand_sound,
    has_moved,
    next_look,
)
from services.leads.scoring.models import ScoreModel, ScoringRule
from services.leads.scoring.queries import find_scorer, list_held, list_scores, rule_of, told
from services.leads.scoring.schemas import ScoreModelDraft, ScoringRuleCreate, ScoringRuleUpdate


async def create_scoring_rule(tx: Tx, new: ScoringRuleCreate) -> ScoringRule:
    """Give points for something; Conflict `scoring_rule.too_many` where there are a hundred."""
    place = free_place(await list_held(tx), MOST_RULES, "scoring_rule.too_many")
    rule = tx.create(ScoringRule, ScoringRuleCreated, **given(new), position=place)
    await _demand_askable(tx, rule)
    return rule


async def update_scoring_rule(tx: Tx, rule_id: UUID, patch: ScoringRuleUpdate) -> ScoringRule:
    """Change a rule, or ask it no more; all open leads are scored again."""
    rule = await tx.take(ScoringRule, rule_id)
    changed = tx.update(rule, ScoringRuleUpdated, **given(patch))
    await _demand_askable(tx, changed)
    return changed


async def delete_scoring_rule(tx: Tx, rule_id: UUID) -> ScoringRule:
    """Take a rule away; all open leads are scored again."""
    rule = await tx.take(ScoringRule, rule_id)
    return tx.update(rule, ScoringRuleDeleted, deleted_at=tx.now, position=None)


async def draft_score_model(tx: Tx, new: ScoreModelDraft) -> ScoreModel:
    """Keep a trained model; it scores nothing until it is activated."""
    fields = [each.field for each in new.columns]
    demand_early(fields)
    await _demand_own(tx, fields, "columns")
    return tx.create(
        ScoreModel,
        ScoreModelDrafted,
        **given(
            new,
            columns=[each.model_dump() for each in new.columns],
            backtest=new.backtest.model_dump(),
        ),
        status=ScoreModelStatus.DRAFT,
        trained_at=tx.occurred_at,
    )


async def activate_score_model(tx: Tx, model_id: UUID) -> ScoreModel:
    """Score by a model from now on, in place of the one before; two at once meet in a constraint.

    Conflict `score_model.leaks`, `score_model.no_signal`.
    """
    model = await tx.take(ScoreModel, model_id, "activate")
    status = LIFECYCLE.move(model.status, ScoreModelStatus.ACTIVE)
    demand_sound(model.backtest, model.alarms)
    before = await tx.find(ScoreModel, status=ScoreModelStatus.ACTIVE)
    if before is not None:
        _retire(tx, before)
    return tx.update(
        model, ScoreModelActivated, status=status, activated_at=tx.occurred_at, retired_at=None
    )


async def retire_score_model(tx: Tx, model_id: UUID) -> ScoreModel:
    """Score by this model no more."""
    return _retire(tx, await tx.take(ScoreModel, model_id, "activate"))


async def score_lead(tx: Tx, lead_id: UUID) -> Lead | None:
    """线索评分 keep the score an open lead has by now, where it is a point or more off."""
    lead = await tx.find(Lead, id=lead_id)
    if lead is None or lead.status not in OPEN:
        return None
    if lead.score is None and (await find_scorer(tx)).idle:
        return None
    (score,) = await list_scores(tx, [lead])
    if not has_moved(lead.score, score):
        return None
    return tx.update(lead, LeadScored, **_kept(score))


def _kept(score: Score) -> dict[str, Any]:
    return {
        "score": score.score,
        "grade": score.grade,
        "scored_at": score.at,
        "scoring": {} if score.score is None else _document(score),
        "score_due_at": next_look(score.score, score),
    }


def _document(score: Score) -> dict[str, Any]:
    said = told(score)
    return said | {"model_id": None if score.model_id is None else str(score.model_id)}


def _retire(tx: Tx, model: ScoreModel) -> ScoreModel:
    status = LIFECYCLE.move(model.status, ScoreModelStatus.RETIRED)
    return tx.update(model, ScoreModelRetired, status=status, retired_at=tx.occurred_at)


async def _demand_askable(tx: Tx, rule: ScoringRule) -> None:
    demand_rule(rule_of(rule))
    await _demand_own(tx, [rule.field], "field")


async def _demand_own(tx: Tx, fields: list[str], named: str) -> None:
    """Invalid `scoring.unknown_field` where one is no field of the tenant's own."""
    own = own_keys(fields)
    if own and not (await LEAD_FIELDS.definitions(tx, fresh=True)).keys() >= set(own):
        raise Invalid.field(named, "scoring.unknown_field", "no such custom field")
