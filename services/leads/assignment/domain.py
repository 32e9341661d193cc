"""线索分配 who gets a lead: rules in order, of which the first that fits decides."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled


class Strategy(Labelled):
    """How a rule chooses among those who are free; where nobody is, the lead goes to the pool."""

    ROUND_ROBIN = "round_robin", "轮流分配", "In turn"
    LEAST_LOADED = "least_loaded", "最少优先", "To who has the fewest open leads"
    WEIGHTED_CAPACITY = "weighted_capacity", "按容量分配", "To who has the most room for their size"
    TERRITORY = "territory", "按区域分配", "To who sells where the lead is"
    POOL = "pool", "放入公海", "To the pool"


class Standing(Labelled):
    """Why somebody is chosen from, or is not."""

    FREE = "free", "可分配", "Free"
    LEFT = "left", "已离职", "Works here no more"
    ABSENT = "absent", "休假中", "Absent today"
    FULL = "full", "已达容量", "Has as many open leads as they may"
    FULL_TODAY = "full_today", "今日已满", "Was given as many as a day allows"
    ELSEWHERE = "elsewhere", "非本区域", "Sells elsewhere"
    UNSKILLED = "unskilled", "能力或经验不足", "Is not as good at it as the rule asks"


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask of a lead; empty where it is not known."""

    source: str
    region: str
    product: str
    segments: Collection[UUID] = frozenset()
    """Of those that rules name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which leads a rule is for (an empty list asks nothing), and how it chooses in its pool.

    `last` is whose turn it was; `skills` 能力与经验 are what who gets it has to be how good at.
    """

    id: UUID
    name: str
    strategy: Strategy
    pool_id: UUID
    sources: Sequence[str]
    regions: Sequence[str]
    products: Sequence[str]
    last: UUID | None
    segment_id: UUID | None = None
    skills: Mapping[str, int] = field(default_factory=dict)

    def fits(self, facts: Facts) -> bool:
        asked = (
            (self.sources, facts.source),
            (self.regions, facts.region),
            (self.products, facts.product),
        )
        inside = self.segment_id is None or self.segment_id in facts.segments
        return inside and all(not wanted or found in wanted for wanted, found in asked)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in a pool: their open leads everywhere and of this pool, and what they were given
    today; a bound that is None is none. `version` is that of their place when this was counted."""

    member_id: UUID
    version: int
    open: int
    held: int
    today: int
    capacity: int | None
    capacity_per_day: int | None
    holding_cap: int | None
    regions: Sequence[str]
    works: bool
    absent: bool
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """Who gets a lead, by which rule and how; nobody where it goes to the pool.

    `strategy` is what was done: `pool` where the rule's own found nobody.
    """

    rule: Rule
    strategy: Strategy
    chosen: Candidate | None
    standings: Mapping[UUID, Standing]


def first_fit(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first rule that is for such a lead, in the order given."""
    return next((rule for rule in rules if rule.fits(facts)), None)


def standing(candidate: Candidate, rule: Rule, facts: Facts) -> Standing:
    """Whether somebody may be given a lead by a rule, and else the first thing against it."""
    against = (
        (not candidate.works, Standing.LEFT),
        (candidate.absent, Standing.ABSENT),
        (_reached(candidate.capacity, candidate.open), Standing.FULL),
        (_reached(candidate.holding_cap, candidate.held), Standing.FULL),
        (_reached(candidate.capacity_per_day, candidate.today), Standing.FULL_TODAY),
        (
            rule.strategy is Strategy.TERRITORY and facts.region not in candidate.regions,
            Standing.ELSEWHERE,
        ),
        (not _is_able(candidate.skills, rule.skills), Standing.UNSKILLED),
    )
    return next((why for holds, why in against if holds), Standing.FREE)


def decide(rule: Rule, candidates: Sequence[Candidate], facts: Facts) -> Decision:
    """Who of the pool gets the lead; the same for the same input in any order."""
    standings = {each.member_id: standing(each, rule, facts) for each in candidates}
    free = [each for each in candidates if standings[each.member_id] is Standing.FREE]
    if not free or rule.strategy is Strategy.POOL:
        return Decision(rule, Strategy.POOL, None, standings)
    return Decision(rule, rule.strategy, _choose(rule, free), standings)


def demand_span(from_on: date, until_on: date) -> None:
    """Invalid `absence.backwards` where an absence ends before it begins."""
    if until_on < from_on:
        raise Invalid.field("until_on", "absence.backwards", "it ends before it begins")


def demand_rule(rule: Rule | None) -> Rule:
    """The rule, or Conflict `assignment.no_rule` where none is for such a lead."""
    if rule is None:
        raise Conflict("no rule is for such a lead", code="assignment.no_rule")
    return rule


def _choose(rule: Rule, free: Sequence[Candidate]) -> Candidate:
    if rule.strategy is Strategy.ROUND_ROBIN:
        return _next_after(rule.last, free)
    if rule.strategy is Strategy.WEIGHTED_CAPACITY:
        return min(free, key=_load)
    return min(free, key=lambda each: (each.open, each.member_id))


def _next_after(last: UUID | None, free: Sequence[Candidate]) -> Candidate:
    """Turns go by id, and begin again; who comes or goes shifts nobody else's."""
    later = [each for each in free if last is not None and each.member_id > last]
    return min(later or free, key=lambda each: each.member_id)


def _load(candidate: Candidate) -> tuple[Fraction, int, UUID]:
    """How full somebody is, of 1; whose room has no bound is empty, but comes after who has one."""
    if candidate.capacity is None:
        return Fraction(0), 1, candidate.member_id
    return Fraction(candidate.open, candidate.capacity), -candidate.capacity, candidate.member_id


def _is_able(skills: Mapping[str, int], asked: Mapping[str, int]) -> bool:
    return all(skills.get(skill, 0) >= least for skill, least in asked.items())


def _reached(cap: int | None, count: int) -> bool:
    return cap is not None and count >= cap
