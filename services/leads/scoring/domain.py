"""线索评分 what a lead is worth working on: points by rules, and a probability by a model.

All of it is exact decimals, so that the same lead, rules and instant give the same score anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from crmkit.kernel.errors import Conflict, Fault, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.levels import LEAKS, Model, number_of, text_of, value_of
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.kernel.own import CUSTOM
from services.leads.lead.domain import ScoreGrade

HIGHEST = Decimal(100)
MOST_FACTORS = 5
MOST_RULES = 100
SOONEST = timedelta(hours=1)
"""How soon a score that fades is looked at again, at the earliest."""

_DAY = Decimal(86400)
_TWO = Decimal(2)
_LN2 = _TWO.ln()
_TENTH, _PLACES = Decimal("0.1"), Decimal("0.0001")
_MARGIN = Decimal("0.002")
_ENOUGH = Decimal("0.01")
_STEPS = 64


class ScoringKind(Labelled):
    """What a rule looks at."""

    FACT = "fact", "属性", "What a lead is"
    ACTIVITY = "activity", "行为", "What was done"


class ScoringTest(Labelled):
    """How a rule compares a fact with its values."""

    ANY_OF = "any_of", "是其中之一", "Is any of"
    NONE_OF = "none_of", "不是其中之一", "Is none of"
    GIVEN = "given", "已填写", "Is given"
    MISSING = "missing", "未填写", "Is missing"
    AT_LEAST = "at_least", "不小于", "Is at least"
    AT_MOST = "at_most", "不大于", "Is at most"


class FactorSource(Labelled):
    """Where a factor of a score comes from."""

    RULE = "rule", "规则", "Rule"
    MODEL = "model", "模型", "Model"


class ScoreModelStatus(Labelled):
    """Where a model stands."""

    DRAFT = "draft", "草稿", "Draft"
    ACTIVE = "active", "使用中", "Active"
    RETIRED = "retired", "已停用", "Retired"


LIFECYCLE = Lifecycle(
    {
        ScoreModelStatus.DRAFT: frozenset({ScoreModelStatus.ACTIVE, ScoreModelStatus.RETIRED}),
        ScoreModelStatus.ACTIVE: frozenset({ScoreModelStatus.RETIRED}),
        ScoreModelStatus.RETIRED: frozenset({ScoreModelStatus.ACTIVE}),
    }
)

KNOWN_EARLY = frozenset(
    {
        *("source", "kind", "product", "region", "email", "phone", "contact_name"),
        *("campaign_id", "channel_partner_id", "referrer_id"),
    }
)
"""What a lead brings along. All else is found out by working on it, so it tells the outcome."""

_FOUND_OUT = frozenset(
    {
        *("intent", "need", "budget", "expected_price"),
        *("desire", "ability", "authority", "eligibility"),
    }
)
FACTS = KNOWN_EARLY | _FOUND_OUT
"""What rules may look at, beside a tenant's own fields."""

_COMPARING = frozenset({ScoringTest.AT_LEAST, ScoringTest.AT_MOST})
_LISTING = frozenset({ScoringTest.ANY_OF, ScoringTest.NONE_OF})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as scores know it."""

    id: UUID
    name: str
    points: int
    kind: ScoringKind
    field: str = ""
    test: ScoringTest | None = None
    values: tuple[str, ...] = ()
    activity_kinds: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    half_life_days: int | None = None
    most: int = 1


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done about a lead."""

    kind: str
    outcome: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a tenant scores by."""

    rules: tuple[Rule, ...] = ()
    model: Model | None = None

    @property
    def idle(self) -> bool:
        return not self.rules and self.model is None


@dataclass(frozen=True, slots=True)
class Factor:
    """What one rule or field of the model adds to the score's points or takes from them."""

    source: FactorSource
    name: str
    field: str
    points: Decimal


@dataclass(frozen=True)
class Score:
    """A lead's score at an instant; `points` and `probability` are None where there are no rules,
    or there is no active model."""

    at: datetime
    points: Decimal | None
    probability: Decimal | None
    factors: tuple[Factor, ...]
    model_id: UUID | None = None
    steady: Decimal = Decimal()
    fading: Mapping[int, Decimal] = field(default_factory=dict)
    """Points by their half-life in days, as they are at `at`."""

    @cached_property
    def exact(self) -> Decimal | None:
        """0 to 100: the mean of points (interest) and probability in percent (fit), or the one
        there is."""
        return self.after(timedelta())

    @property
    def score(self) -> int | None:
        return None if self.exact is None else int(self.exact.quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def grade(self) -> ScoreGrade | None:
        return None if self.score is None else grade_of(self.score)

    def after(self, passed: timedelta) -> Decimal | None:
        """What the score will be if nothing but time passes."""
        return self.made_of(self.faded(passed))

    def faded(self, passed: timedelta) -> dict[int, Decimal]:
        """What will be left of the points that fade, by their half-life."""
        return {half: _faded(p, half, passed) for half, p in self.fading.items()}

    def made_of(self, faded: Mapping[int, Decimal]) -> Decimal | None:
        """What the score is with these points that fade."""
        parts = [] if self.probability is None else [self.probability * HIGHEST]
        if self.points is not None:
            parts.append(_bounded(sum(faded.values(), self.steady)))
        return sum(parts, Decimal()) / len(parts) if parts else None


def grade_of(score: int) -> ScoreGrade:
    """A from 75 on, B from 50, C from 25."""
    return [ScoreGrade.D, ScoreGrade.C, ScoreGrade.B, ScoreGrade.A][min(score // 25, 3)]


def score_of(scorer: Scorer, lead: Mapping[str, Any], done: Sequence[Done], at: datetime) -> Score:
    """The score of a lead, and what it is made of.

    Points of behaviour halve every `half_life_days`: p 2^(-age / half-life), the usual exponential
    decay (as of radioactivity), of which no history has to be kept. A model's factor is how much
    the probability, in percent, would fall without it: of a linear model, weight less mean weight
    is the Shapley value of a feature (Strumbelj and Kononenko 2014, Lundberg and Lee 2017).
    """
    steady, fading, factors = Decimal(), dict[int, Decimal](), list[Factor]()
    newest = sorted((each for each in done if each.at <= at), key=_done_at, reverse=True)
    for rule in scorer.rules:
        if rule.kind is ScoringKind.FACT:
            worth = Decimal(rule.points) if fits(rule, lead) else Decimal()
            steady += worth
        else:
            worth = _behaviour(rule, newest, at)
            if rule.half_life_days is None:
                steady += worth
            else:
                before = fading.get(rule.half_life_days, Decimal())
                fading[rule.half_life_days] = before + worth
        factors.append(Factor(FactorSource.RULE, rule.name, rule.field, worth.quantize(_TENTH)))
    points = _bounded(sum(fading.values(), steady)) if scorer.rules else None
    probability, told = (None, []) if scorer.model is None else _judged(scorer.model, lead)
    return Score(
        at,
        points,
        probability,
        top((*factors, *told)),
        scorer.model.id if scorer.model else None,
        steady,
        fading,
    )


def top(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """The five that matter most, for better or worse; none that adds nothing."""
    ranked = sorted(factors, key=lambda each: abs(each.points), reverse=True)
    return tuple(each for each in ranked[:MOST_FACTORS] if each.points)


def fits(rule: Rule, lead: Mapping[str, Any]) -> bool:
    """Whether a lead has the fact that a rule asks for. Amounts are compared as they stand,
    whatever their currency; what is no number is neither great nor small."""
    value = value_of(lead, rule.field)
    if rule.test in _COMPARING:
        number, bound = number_of(value), Decimal(rule.values[0])
        if number is None:
            return False
        return number >= bound if rule.test is ScoringTest.AT_LEAST else number <= bound
    said = text_of(value)
    if rule.test in _LISTING:
        return (said in rule.values) is (rule.test is ScoringTest.ANY_OF)
    return bool(said) is (rule.test is ScoringTest.GIVEN)


def has_moved(kept: int | None, score: Score) -> bool:
    """Whether a score that is kept is a point off, or there is one where there was none."""
    if kept is None or score.exact is None:
        return (kept is None) is not (score.exact is None)
    return abs(score.exact - kept) >= 1


def next_look(kept: int | None, score: Score) -> datetime | None:
    """When a kept score will be a point off for fading alone, or sooner, but an hour later at
    least; None where it never will.

    Points fade ever more slowly, so a score moves by less than its present rate times the time that
    passes: each step goes as far as it cannot have moved a point (as in sphere tracing, Hart 1996).
    """
    if kept is None or score.exact is None or not score.fading:
        return None
    passed = timedelta()
    for _ in range(_STEPS):
        faded = score.faded(passed)
        now = score.made_of(faded) or Decimal()
        left = 1 - abs(now - kept)
        if left <= _ENOUGH:
            return score.at + max(passed, SOONEST)
        if sum(map(abs, faded.values())) < left:
            return None
        rate = sum((abs(p) / half for half, p in faded.items()), Decimal()) * _LN2 / _DAY
        passed += timedelta(seconds=int(left / rate) + 1)
    return score.at + max(passed, SOONEST)


def demand_rule(rule: Rule) -> None:
    """Invalid `scoring_rule.unfit` naming what a rule of its kind must have, or may not have."""
    faults = _wrong_fact(rule) if rule.kind is ScoringKind.FACT else _wrong_activity(rule)
    if not rule.points:
        faults["points"] = "a rule adds points or takes some away"
    if faults:
        told = [Fault(f"/{name}", "scoring_rule.unfit", said) for name, said in faults.items()]
        raise Invalid("the rule cannot be asked", code="scoring_rule.unfit", faults=told)


def demand_early(fields: Sequence[str]) -> None:
    """Invalid `score_model.known_later` where a field is written after the first contact, so that a
    model of it would know the answer; `score_model.columns` where one stands twice."""
    for name in fields:
        if not name.startswith(CUSTOM) and name not in KNOWN_EARLY:
            raise Invalid.field(
                "columns", "score_model.known_later", f"{name} is found out by working on a lead"
            )
    if len(set(fields)) < len(fields):
        raise Invalid.field("columns", "score_model.columns", "each field once")


def demand_sound(backtest: Mapping[str, Any], alarms: Sequence[str]) -> None:
    """Conflict `score_model.leaks` where a model is too good to be true: an AUC above 0.90, or a
    column that by itself knew the outcome; `score_model.no_signal` where it is no better than the
    base rate, by less than 0.002 of Brier's score."""
    if alarms or Decimal(backtest["auc"]) > LEAKS:
        raise Conflict("it knows what is only known afterwards", code="score_model.leaks")
    if Decimal(backtest["brier"]) > Decimal(backtest["base_brier"]) - _MARGIN:
        raise Conflict("it tells no more than the base rate", code="score_model.no_signal")


def shown(number: Decimal | None) -> str | None:
    """As people and documents get it: at most four places."""
    return None if number is None else f"{number.quantize(_PLACES, ROUND_HALF_UP):f}"


def _judged(model: Model, lead: Mapping[str, Any]) -> tuple[Decimal, list[Factor]]:
    worth = [(each, each.weight(value_of(lead, each.field))) for each in model.columns]
    weights = sum((weight for _, weight in worth), Decimal())
    probability = model.probability(weights)
    factors = []
    for column, weight in worth:
        without = model.probability(weights - weight + column.mean)
        added = ((probability - without) * HIGHEST).quantize(_TENTH)
        factors.append(Factor(FactorSource.MODEL, column.field, column.field, added))
    return probability, factors


def _behaviour(rule: Rule, newest: Sequence[Done], at: datetime) -> Decimal:
    """The points of the newest that fit, `most` of them at most."""
    fitting = (
        each.at
        for each in newest
        if each.kind in rule.activity_kinds and (not rule.outcomes or each.outcome in rule.outcomes)
    )
    whole = Decimal(rule.points)
    ages = [at - when for when in islice(fitting, rule.most)]
    return sum((_faded(whole, rule.half_life_days, age) for age in ages), Decimal())


def _done_at(done: Done) -> datetime:
    return done.at


def _faded(points: Decimal, half_life_days: int | None, age: timedelta) -> Decimal:
    if half_life_days is None or not age:
        return points
    lives, rest = divmod(age, timedelta(days=half_life_days))
    return points / _TWO**lives * _second(half_life_days) ** (rest // timedelta(seconds=1))


@lru_cache(maxsize=4096)
def _second(half_life_days: int) -> Decimal:
    """What a second leaves of a point. A whole power of it is a sixteenth of the work of a broken
    power of two, and the same to twenty digits."""
    return _TWO ** (Decimal(-1) / (half_life_days * _DAY))


def _bounded(points: Decimal) -> Decimal:
    return min(max(points, Decimal()), HIGHEST)


def _wrong_fact(rule: Rule) -> dict[str, str]:
    faults = {}
    if rule.field not in FACTS and not rule.field.startswith(CUSTOM):
        faults["field"] = f"one of {', '.join(sorted(FACTS))}, or custom.<key>"
    if rule.test is None:
        faults["test"] = "says how to compare"
    elif rule.test in _COMPARING:
        if len(rule.values) != 1 or number_of(rule.values[0]) is None:
            faults["values"] = "one number"
    elif (rule.test in _LISTING) is not bool(rule.values):
        faults["values"] = "are there where there is something to compare with"
    behaves = rule.activity_kinds or rule.outcomes or rule.half_life_days is not None
    return faults | ({"kind": "what a lead is does not fade"} if behaves else {})


def _wrong_activity(rule: Rule) -> dict[str, str]:
    faults = {}
    if not rule.activity_kinds:
        faults["activity_kinds"] = "one at least"
    if rule.field or rule.test is not None or rule.values:
        faults["kind"] = "what was done has no field to compare"
    return faults
