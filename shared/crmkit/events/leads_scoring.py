"""What leads tells of scores, and of what they are made by."""

from datetime import datetime
from typing import Any

from crmkit.events.envelope import Event, State
from crmkit.events.leads import LeadState


class ScoringRuleState(State):
    """评分规则 points for what a lead is, or for what was done about it; those of behaviour halve
    every `half_life_days`, and the newest `most` activities count."""

    name: str
    rank: int
    active: bool
    points: int
    kind: str
    field: str
    test: str | None
    values: list[str]
    activity_kinds: list[str]
    outcomes: list[str]
    half_life_days: int | None
    most: int
    deleted_at: datetime | None = None


class ScoreModelState(State):
    """评分模型 a logistic regression: numbers are decimal strings, weights are log-odds."""

    name: str
    status: str
    intercept: str
    slope: str
    shift: str
    columns: list[dict[str, Any]]
    backtest: dict[str, Any]
    alarms: list[str]
    trained_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


class LeadScored(Event[LeadState], type="lead.scored.v1"):
    """线索评分 a lead's score moved by a point or more; `scoring` says what it is made of."""


class ScoringRuleCreated(Event[ScoringRuleState], type="scoring_rule.created.v1"):
    """Leads get points by another rule."""


class ScoringRuleUpdated(Event[ScoringRuleState], type="scoring_rule.updated.v1"):
    """A rule of points changed, or is asked no more, or again."""


class ScoringRuleDeleted(Event[ScoringRuleState], type="scoring_rule.deleted.v1"):
    """A rule of points was taken away."""


class ScoreModelDrafted(Event[ScoreModelState], type="score_model.drafted.v1"):
    """A model was trained, and how well it did on what it had not seen."""


class ScoreModelActivated(Event[ScoreModelState], type="score_model.activated.v1"):
    """Leads are scored by a model from now on."""


class ScoreModelRetired(Event[ScoreModelState], type="score_model.retired.v1"):
    """A model scores no more leads."""
