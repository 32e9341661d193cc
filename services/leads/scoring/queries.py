"""What a tenant scores by, and the scores of leads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import row
from crmkit.kernel.levels import KINDS, Column, Model
from services.leads.activity.models import Activity
from services.leads.lead.models import Lead
from services.leads.scoring.domain import (
    Done,
    Rule,
    Score,
    Scorer,
    score_of,
    shown,
)
from services.leads.scoring.models import ScoreModel, ScoringRule
from services.leads.scoring.statements import ACTIVE, DONE, HELD, LEADS, RULES

REMEMBER_SECONDS = 2.0
SCORING_RULES = Listing(
    ScoringRule,
    filters=("active", "kind", "field", "updated_at"),
    sorts=("rank", "updated_at"),
    default="rank",
    search=("name",),
)
SCORE_MODELS = Listing(
    ScoreModel,
    filters=("status", "trained_at", "updated_at"),
    sorts=("trained_at", "updated_at"),
    default="-trained_at",
    search=("name",),
)


async def find_scorer(reading: Reading, fresh: bool = False) -> Scorer:
    """What the tenant scores by, as it was at most two seconds ago."""
    ask = partial(_read_scorer, reading)
    return await reading.recall("scorer", ask, REMEMBER_SECONDS, fresh=fresh)


async def get_score(reading: Reading, lead_id: UUID) -> dict[str, Any]:
    """The score of a lead that the caller may see, at the instant the answer is about.

    Forbidden `field.masked` where the caller does not see scores; factors of fields that they do
    not see are left out.
    """
    lead = await reading.get(Lead, lead_id)
    reading.policy.demand_seen(reading.actor, "lead", ("score",))
    (score,) = await list_scores(reading, [lead], fresh=True)
    masks = reading.policy.masks(reading.actor, "lead")
    named = {"lead_id": lead.id, "score": score.score, "grade": score.grade}
    return named | told(score, masks)


async def list_scores(reading: Reading, leads: Sequence[Lead], fresh: bool = False) -> list[Score]:
    """The scores of leads, in their order."""
    scorer = await find_scorer(reading, fresh)
    done: dict[UUID, list[Done]] = {lead.id: [] for lead in leads}
    if any(rule.activity_kinds for rule in scorer.rules):
        found = await reading.fetch(DONE, reading.tenant_id, [*done], reading.at, of=(Activity,))
        for each in found:
            done[each["lead_id"]].append(Done(each["kind"], each["outcome_code"], each["done_at"]))
    return [score_of(scorer, vars(lead), done[lead.id], reading.at) for lead in leads]


async def list_open(reading: Reading, ids: list[UUID]) -> list[Lead]:
    """Those of the leads that are scored: neither closed nor deleted."""
    found = await reading.fetch(LEADS, reading.tenant_id, ids, of=(Lead,))
    return [row(Lead, each) for each in found]


async def list_held(reading: Reading) -> set[int]:
    """The places that rules have."""
    return {each["position"] for each in await reading.fetch(HELD, reading.tenant_id)}


def told(score: Score, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What a score says of itself, without the fields that somebody does not see."""
    return {
        "points": shown(score.points),
        "probability": shown(score.probability),
        "model_id": score.model_id,
        "factors": [
            asdict(each) | {"points": f"{each.points:f}"}
            for each in score.factors
            if each.field not in masks
        ],
    }


def rule_of(kept: ScoringRule) -> Rule:
    """A rule as scores know it."""
    return Rule(
        kept.id,
        kept.name,
        kept.points,
        kept.kind,
        kept.field,
        kept.test,
        tuple(kept.values),
        frozenset(kept.activity_kinds),
        frozenset(kept.outcomes),
        kept.half_life_days,
        kept.most,
    )


def model_of(kept: ScoreModel) -> Model:
    """A model as scores know it."""
    return Model(
        kept.id,
        Decimal(kept.intercept),
        Decimal(kept.slope),
        Decimal(kept.shift),
        tuple(map(_column, kept.columns)),
    )


async def _read_scorer(reading: Reading) -> Scorer:
    rules = await reading.fetch(RULES, reading.tenant_id, of=(ScoringRule,))
    active = await reading.fetch(ACTIVE, reading.tenant_id, of=(ScoreModel,))
    return Scorer(
        tuple(rule_of(row(ScoringRule, each)) for each in rules),
        model_of(row(ScoreModel, active[0])) if active else None,
    )


def _column(kept: Mapping[str, Any]) -> Column:
    return Column(
        kept["field"],
        KINDS[kept["kind"]],
        tuple(map(Decimal, kept["edges"])),
        {each["level"]: Decimal(each["weight"]) for each in kept["levels"]},
        Decimal(kept["mean"]),
    )
