"""Tables of the room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from crmkit.db.tables import document, enum, instant, text
from services.leads.scoring.domain import ScoreModelStatus, ScoringKind, ScoringTest
from services.leads.tables import Row


class ScoringRule(Row, table=True):
    """评分规则 points for what a lead is, or for what was done about it.

    No event tells its `position`, one of a hundred places that is held until it is deleted.
    """

    unpublished = frozenset({"position"})

    __tablename__ = "scoring_rule"
    __table_args__ = (
        Index("scoring_rule_rank_idx", "tenant_id", "rank", "id"),
        Index("scoring_rule_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "scoring_rule_name_key",
            *("tenant_id", "name"),
            unique=True,
            postgresql_where=sql("deleted_at is null"),
        ),
        Index("scoring_rule_position_key", "tenant_id", "position", unique=True),
    )

    name: str = text()
    rank: int
    active: bool = True
    points: int
    kind: ScoringKind = enum(ScoringKind)
    field: str = text(default="")
    test: ScoringTest | None = enum(ScoringTest, default=None)
    values: list[str] = document(default=[])
    activity_kinds: list[str] = document(default=[])
    outcomes: list[str] = document(default=[])
    half_life_days: int | None = None
    most: int = 1
    position: int | None = None
    deleted_at: datetime | None = instant(default=None)


class ScoreModel(Row, table=True):
    """评分模型 a logistic regression, and how well it did; one of a tenant's is active at most."""

    __tablename__ = "score_model"
    __table_args__ = (
        Index("score_model_trained_at_idx", "tenant_id", "trained_at", "id"),
        Index("score_model_updated_at_idx", "tenant_id", "updated_at", "id"),
        ExcludeConstraint(
            ("tenant_id", "="),
            name="score_model_active_key",
            using="btree",
            where=sql("status = 'active'"),
            deferrable=True,  # so that a statement may pass it on from one row to another
            initially="IMMEDIATE",
        ),
    )

    name: str = text()
    status: ScoreModelStatus = enum(ScoreModelStatus)
    intercept: str = text()
    slope: str = text()
    shift: str = text()
    columns: list[dict[str, Any]] = document()
    backtest: dict[str, Any] = document()
    alarms: list[str] = document(default=[])
    trained_at: datetime = instant()
    activated_at: datetime | None = instant(default=None)
    retired_at: datetime | None = instant(default=None)


class ScoreSweep(Row, table=True):
    """How far the leads of a tenant have been told that the rules changed; its id is its
    `tenant_id`. `place` is the last lead that was, None where all were."""

    __tablename__ = "score_sweep"

    changed_at: datetime = instant()
    place: UUID | None = None
