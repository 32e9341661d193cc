"""REST of scores, and of the rules and models they are made by."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.kernel.levels import ColumnKind
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.scoring import commands
from services.leads.scoring.domain import (
    FactorSource,
    ScoreModelStatus,
    ScoringKind,
    ScoringTest,
)
from services.leads.scoring.models import ScoreModel, ScoringRule
from services.leads.scoring.queries import SCORE_MODELS, SCORING_RULES, get_score
from services.leads.scoring.schemas import (
    LeadScoreRead,
    ScoreModelDraft,
    ScoreModelRead,
    ScoringRuleCreate,
    ScoringRuleRead,
    ScoringRuleUpdate,
)

rules = APIRouter(prefix="/v1/scoring-rules", tags=["scoring"])
models = APIRouter(prefix="/v1/score-models", tags=["scoring"])
leads = APIRouter(prefix="/v1/leads", tags=["scoring"])
enums(rules, {"kind": ScoringKind, "test": ScoringTest})
enums(models, {"status": ScoreModelStatus, "kind": ColumnKind, "source": FactorSource})


@rules.post("", status_code=201, response_model=ScoringRuleRead)
async def create_scoring_rule(new: ScoringRuleCreate, edge: Edge) -> Response:
    """All open leads are scored again, which takes a while where there are many."""
    return edge.created(ScoringRuleRead, await edge.write(commands.create_scoring_rule, new))


@rules.get("", response_model=Page[ScoringRuleRead], openapi_extra=SCORING_RULES.openapi())
async def list_scoring_rules(edge: Edge) -> Response:
    found = await SCORING_RULES.find(edge.reading, edge.listing(SCORING_RULES))
    return edge.page(ScoringRuleRead, ScoringRule, found)


@rules.get("/{rule_id}", response_model=ScoringRuleRead)
async def get_scoring_rule(rule_id: UUID, edge: Edge) -> Response:
    return edge.shown(ScoringRuleRead, await edge.get(ScoringRule, rule_id))


@rules.patch("/{rule_id}", response_model=ScoringRuleRead)
async def update_scoring_rule(rule_id: UUID, patch: ScoringRuleUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_scoring_rule, rule_id, patch)
    return edge.changed(ScoringRuleRead, changed)


@rules.delete("/{rule_id}", status_code=204)
async def delete_scoring_rule(rule_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_scoring_rule, rule_id)
    return edge.gone()


@models.post("", status_code=201, response_model=ScoreModelRead)
async def draft_score_model(new: ScoreModelDraft, edge: Edge) -> Response:
    """Keeps a model that `crm score train` has trained; it scores nothing until it is active."""
    return edge.created(ScoreModelRead, await edge.write(commands.draft_score_model, new))


@models.get("", response_model=Page[ScoreModelRead], openapi_extra=SCORE_MODELS.openapi())
async def list_score_models(edge: Edge) -> Response:
    found = await SCORE_MODELS.find(edge.reading, edge.listing(SCORE_MODELS))
    return edge.page(ScoreModelRead, ScoreModel, found)


@models.get("/{model_id}", response_model=ScoreModelRead)
async def get_score_model(model_id: UUID, edge: Edge) -> Response:
    return edge.shown(ScoreModelRead, await edge.get(ScoreModel, model_id))


@models.post("/{model_id}/activate", response_model=ScoreModelRead)
async def activate_score_model(model_id: UUID, edge: Edge) -> Response:
    """In place of the one before. 409 `score_model.leaks` where it is too good to be true,
    `score_model.no_signal` where it is no better than the base rate."""
    changed = await edge.write(commands.activate_score_model, model_id)
    return edge.changed(ScoreModelRead, changed)


@models.post("/{model_id}/retire", response_model=ScoreModelRead)
async def retire_score_model(model_id: UUID, edge: Edge) -> Response:
    return edge.changed(ScoreModelRead, await edge.write(commands.retire_score_model, model_id))


@leads.get("/{lead_id}/score", response_model=LeadScoreRead)
async def get_lead_score(lead_id: UUID, edge: Edge) -> Response:
    """What the lead is worth now, and the five factors that matter most."""
    return edge.plain(await get_score(edge.reading, lead_id))


history(rules, ScoringRule)
history(models, ScoreModel)
router = APIRouter(routes=[*rules.routes, *models.routes, *leads.routes])
