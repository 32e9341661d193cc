"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, WithJsonSchema

from crmkit.fields import Count, Flag, Instant, Name, Patch, Strict
from crmkit.kernel.levels import LONGEST_LEVEL, ColumnKind
from crmkit.web.answers import Read
from services.leads.activity.domain import ActivityKind, ActivityOutcome
from services.leads.lead.domain import ScoreGrade
from services.leads.scoring.domain import (
    FactorSource,
    ScoreModelStatus,
    ScoringKind,
    ScoringTest,
)

_WEIGHT = r"^-?[0-9]{1,4}(\.[0-9]{1,6})?$"
_NUMBER = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_SHARE = r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
_MOST_VALUES, _MOST_LEVELS, _MOST_COLUMNS = 100, 200, 100

Points = Annotated[int, Field(strict=True, ge=-100, le=100)]
Rank = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
HalfLife = Annotated[int, Field(strict=True, ge=1, le=3650)]
Most = Annotated[int, Field(strict=True, ge=1, le=20)]
FieldName = Annotated[
    str, StringConstraints(max_length=80, pattern=r"^(custom\.)?[a-z][a-z0-9_]*$|^$")
]
Values = Annotated[list[Name], Field(max_length=_MOST_VALUES)]
Kinds = Annotated[list[ActivityKind], Field(max_length=len(ActivityKind))]
Outcomes = Annotated[list[ActivityOutcome], Field(max_length=len(ActivityOutcome))]
Weight = Annotated[str, StringConstraints(pattern=_WEIGHT)]
Edge = Annotated[str, StringConstraints(pattern=_NUMBER)]
Share = Annotated[str, StringConstraints(pattern=_SHARE)]
Level = Annotated[str, StringConstraints(max_length=LONGEST_LEVEL)]


class ScoringRuleCreate(Strict):
    """Points for a fact (`field`, `test`, `values`), or for each of the newest `most` activities of
    `activity_kinds` (and `outcomes`, if any), which halve every `half_life_days`, if that is said.
    """

    name: Name
    rank: Rank = 0
    points: Points
    kind: ScoringKind
    field: FieldName = ""
    test: ScoringTest | None = None
    values: Values = Field(default_factory=list)
    activity_kinds: Kinds = Field(default_factory=list)
    outcomes: Outcomes = Field(default_factory=list)
    half_life_days: HalfLife | None = None
    most: Most = 1


class ScoringRuleUpdate(Patch):
    """What is left out stays; a rule is of the kind it is. One that is not active is not asked."""

    name: Name = ""
    rank: Rank = 0
    active: Flag = True
    points: Points = 0
    field: FieldName = ""
    test: ScoringTest | None = None
    values: Values = Field(default_factory=list)
    activity_kinds: Kinds = Field(default_factory=list)
    outcomes: Outcomes = Field(default_factory=list)
    half_life_days: HalfLife | None = None
    most: Most = 1


class ScoreLevelIn(Strict):
    """A level's weight in log-odds: `""` is a missing value, `*` one that training did not know; of
    a band it is the number of edges at or below the value."""

    level: Level
    weight: Weight


class ScoreColumnIn(Strict):
    """A field of leads, and what its levels are worth; `mean` is the mean weight in training."""

    field: Annotated[FieldName, StringConstraints(min_length=1)]
    kind: ColumnKind
    edges: Annotated[list[Edge], Field(max_length=_MOST_LEVELS)] = Field(default_factory=list)
    levels: Annotated[list[ScoreLevelIn], Field(min_length=1, max_length=_MOST_LEVELS)]
    mean: Weight


class ScoreBacktestIn(Strict):
    """How a model did on leads that came after those it was trained on: `auc` (Hanley and McNeil
    1982), `brier` (Brier 1950), `ece` in ten bins of equal count, and Brier's score of saying the
    base rate of everybody."""

    trained_on: Count
    rows: Count
    converted: Count
    auc: Share
    brier: Share
    ece: Share
    base_brier: Share


class ScoreModelDraft(Strict):
    """A trained model. `alarms` are fields that by themselves knew the outcome too well."""

    name: Name
    intercept: Weight
    slope: Weight = "1"
    shift: Weight = "0"
    columns: Annotated[list[ScoreColumnIn], Field(min_length=1, max_length=_MOST_COLUMNS)]
    backtest: ScoreBacktestIn
    alarms: Annotated[list[FieldName], Field(max_length=_MOST_COLUMNS)] = Field(
        default_factory=list
    )


class ScoringRuleRead(Read):
    id: UUID
    version: int
    name: str
    rank: int
    active: bool
    points: int
    kind: ScoringKind
    field: str
    test: ScoringTest | None
    values: list[str]
    activity_kinds: list[ActivityKind]
    outcomes: list[ActivityOutcome]
    half_life_days: int | None
    most: int
    created_at: Instant
    updated_at: Instant


class ScoreLevelRead(BaseModel):
    level: str
    weight: str


class ScoreColumnRead(BaseModel):
    field: str
    kind: ColumnKind
    edges: list[str]
    levels: list[ScoreLevelRead]
    mean: str


class ScoreBacktestRead(BaseModel):
    trained_on: int
    rows: int
    converted: int
    auc: str
    brier: str
    ece: str
    base_brier: str


class ScoreModelRead(Read):
    id: UUID
    version: int
    name: str
    status: ScoreModelStatus
    intercept: str
    slope: str
    shift: str
    columns: list[ScoreColumnRead]
    backtest: ScoreBacktestRead
    alarms: list[str]
    trained_at: Instant
    activated_at: Instant | None
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


Percent = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]+$"})]


class ScoreFactorRead(BaseModel):
    """What a rule, or a field of the model, adds: `points` of 100, of the rules' points or of the
    probability in percent."""

    source: FactorSource
    name: str
    field: str
    points: Percent


class LeadScoreRead(Read):
    """`score` is the mean of `points` (of rules, 0 to 100) and `probability` (of the active model,
    0 to 1, here in percent), or the one there is; null where the tenant scores nothing. The lead
    itself keeps it to within a point."""

    lead_id: UUID
    score: int | None
    grade: ScoreGrade | None
    points: str | None
    probability: str | None
    model_id: UUID | None
    factors: list[ScoreFactorRead]


Document = dict[str, Any]
