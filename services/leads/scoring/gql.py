"""GraphQL of scores, and of the rules and models they are made by."""

from typing import Any, Self
from uuid import UUID

import strawberry

from crmkit.kernel.levels import KINDS, ColumnKind
from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.scoring import commands, models
from services.leads.scoring.domain import FactorSource
from services.leads.scoring.queries import SCORE_MODELS, SCORING_RULES, get_score
from services.leads.scoring.schemas import (
    LeadScoreRead,
    ScoreBacktestIn,
    ScoreColumnIn,
    ScoreLevelIn,
    ScoreModelDraft,
    ScoreModelRead,
    ScoringRuleCreate,
    ScoringRuleRead,
    ScoringRuleUpdate,
)


@strawberry.type
class ScoreFactor:
    """What a rule, or a field of the model, adds: points of a hundred."""

    source: FactorSource
    name: str
    field: str
    points: str


@output(LeadScoreRead)
class LeadScore(Output):
    """线索评分 what a lead is worth at an instant, and why."""

    factors: list[ScoreFactor]


@output(ScoringRuleRead, models.ScoringRule)
class ScoringRule(Output):
    """评分规则 points for what a lead is, or for what was done about it."""


@strawberry.type
class ScoreLevel:
    """A level of a field, and its weight in log-odds."""

    level: str
    weight: str


@strawberry.type
class ScoreColumn:
    """A field of leads, and what its levels are worth."""

    field: str
    kind: ColumnKind
    edges: list[str]
    levels: list[ScoreLevel]
    mean: str


@strawberry.type
class ScoreBacktest:
    """How a model did on leads it had not seen."""

    trained_on: int
    rows: int
    converted: int
    auc: str
    brier: str
    ece: str
    base_brier: str


def _columns(document: list[dict[str, Any]]) -> list[ScoreColumn]:
    return [
        ScoreColumn(
            **each
            | {
                "kind": KINDS[each["kind"]],
                "levels": [ScoreLevel(**level) for level in each["levels"]],
            }
        )
        for each in document
    ]


@output(ScoreModelRead, models.ScoreModel)
class ScoreModel(Output):
    """评分模型 a logistic regression, and how well it did."""

    columns: list[ScoreColumn]
    backtest: ScoreBacktest

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        shown = vars(made)
        shown["columns"] = _columns(shown["columns"])
        shown["backtest"] = ScoreBacktest(**shown["backtest"])
        return made


@input_of(ScoreLevelIn)
class ScoreLevelInput: ...


@input_of(ScoreColumnIn)
class ScoreColumnInput: ...


@input_of(ScoreBacktestIn)
class ScoreBacktestInput: ...


@input_of(ScoreModelDraft)
class ScoreModelDraftInput: ...


@input_of(ScoringRuleCreate)
class ScoringRuleCreateInput: ...


@input_of(ScoringRuleUpdate)
class ScoringRuleUpdateInput: ...


@filter_of(SCORING_RULES)
class ScoringRuleFilter: ...


@filter_of(SCORE_MODELS)
class ScoreModelFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def lead_score(self, info: Info, id: UUID) -> LeadScore:
        found = await get_score(info.context.reading, id)
        return LeadScore.of(found | {"factors": [ScoreFactor(**f) for f in found["factors"]]})

    @strawberry.field
    async def scoring_rule(self, info: Info, id: UUID) -> ScoringRule | None:
        return await info.context.one(ScoringRule, models.ScoringRule, id)

    @strawberry.field
    async def scoring_rules(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ScoringRuleFilter | None = None,
        sort: str | None = None,
    ) -> Connection[ScoringRule]:
        return await info.context.page(ScoringRule, SCORING_RULES, first, after, filter, sort)

    @strawberry.field
    async def score_model(self, info: Info, id: UUID) -> ScoreModel | None:
        return await info.context.one(ScoreModel, models.ScoreModel, id)

    @strawberry.field
    async def score_models(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ScoreModelFilter | None = None,
        sort: str | None = None,
    ) -> Connection[ScoreModel]:
        return await info.context.page(ScoreModel, SCORE_MODELS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_scoring_rule(
        self, info: Info, input: ScoringRuleCreateInput, idempotency_key: str | None = None
    ) -> ScoringRule | Problem:
        return await info.context.change(
            ScoringRule,
            commands.create_scoring_rule,
            checked(ScoringRuleCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_scoring_rule(
        self, info: Info, id: UUID, expected_version: int, input: ScoringRuleUpdateInput
    ) -> ScoringRule | Problem:
        return await info.context.change(
            ScoringRule,
            commands.update_scoring_rule,
            id,
            checked(ScoringRuleUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def delete_scoring_rule(self, info: Info, id: UUID) -> ScoringRule | Problem:
        return await info.context.change(ScoringRule, commands.delete_scoring_rule, id)

    @strawberry.mutation
    async def draft_score_model(
        self, info: Info, input: ScoreModelDraftInput, idempotency_key: str | None = None
    ) -> ScoreModel | Problem:
        return await info.context.change(
            ScoreModel,
            commands.draft_score_model,
            checked(ScoreModelDraft, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def activate_score_model(self, info: Info, id: UUID) -> ScoreModel | Problem:
        return await info.context.change(ScoreModel, commands.activate_score_model, id)

    @strawberry.mutation
    async def retire_score_model(self, info: Info, id: UUID) -> ScoreModel | Problem:
        return await info.context.change(ScoreModel, commands.retire_score_model, id)
