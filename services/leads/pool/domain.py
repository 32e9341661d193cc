"""公海 leads that nobody has: who may claim them, how many, and for how long they keep them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crmkit.kernel.errors import Conflict, Forbidden, Invalid
from crmkit.kernel.labels import Labelled


class PoolRole(Labelled):
    """What somebody may do in a pool; an administrator claims like any member."""

    MEMBER = "member", "成员", "Member"
    ADMIN = "admin", "管理员", "Administrator"


class ReturnReason(Labelled):
    """退回原因 why somebody gives a lead back."""

    UNREACHABLE = "unreachable", "联系不上", "Cannot be reached"
    NOT_INTERESTED = "not_interested", "无意向", "Not interested"
    WRONG_REGION = "wrong_region", "非本区域", "Another region"
    WRONG_DATA = "wrong_data", "信息有误", "Wrong data"
    NO_TIME = "no_time", "无暇跟进", "No time for it"
    OTHER = "other", "其他", "Other"


class ReleaseReason(Labelled):
    """How else a lead comes to lie in a pool."""

    POOLED = "pooled", "转入公海", "Put there"
    TAKEN_BACK = "taken_back", "管理员收回", "Taken back"
    NO_FOLLOW_UP = "no_follow_up", "超期未跟进", "Nobody followed it up"
    MAX_PROTECTION = "max_protection", "保护期满", "Kept as long as anybody may"


@dataclass(frozen=True, slots=True)
class PoolTerms:
    """The rules of a pool: caps are None where there is none; days are of 24 hours."""

    claim_cap_per_day: int | None
    holding_cap: int | None
    previous_owner_cooldown_hours: int
    default_protect_days: int
    extend_days_per_activity: int
    max_protect_days: int
    warn_days: Sequence[int]
    mask_contact_until_claimed: bool


USUAL = PoolTerms(None, None, 72, 10, 3, 20, (3, 1), mask_contact_until_claimed=True)
"""What holds in a pool before any rule of its own was known."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """保护期 until when a lead is its owner's, and when somebody has to look at it next."""

    claimed_at: datetime
    recycle_at: datetime
    due_at: datetime


def demand_terms(terms: PoolTerms) -> None:
    """Invalid `pool_rule.protection` where protection begins longer than it may ever be, and
    `pool_rule.warn_days` where a warning is given twice."""
    if terms.default_protect_days > terms.max_protect_days:
        raise Invalid.field(
            "max_protect_days", "pool_rule.protection", "protection begins longer than it may be"
        )
    if len(set(terms.warn_days)) < len(terms.warn_days):
        raise Invalid.field("warn_days", "pool_rule.warn_days", "one day stands there twice")


def effective_day(asked: date | None, today: date) -> date:
    """Tomorrow where no day is asked for; Invalid `pool_rule.past` for a day that has been."""
    if asked is not None and asked < today:
        raise Invalid.field("effective_on", "pool_rule.past", "that day is over")
    return asked or today + timedelta(days=1)


def demand_ahead(effective_on: date, today: date) -> None:
    """Conflict `pool_rule.in_force` where rules have held already: others take their place."""
    if effective_on <= today:
        raise Conflict("these rules have held: write others", code="pool_rule.in_force")


def used_today(counted_on: date | None, count: int, today: date) -> int:
    """What a count of one day is worth today."""
    return count if counted_on == today else 0


def demand_daily(cap: int | None, used: int) -> None:
    """Conflict `pool.daily_cap` where somebody has claimed as many as a day allows."""
    if cap is not None and used >= cap:
        raise Conflict(f"{cap} a day may be claimed", code="pool.daily_cap", extra={"cap": cap})


def demand_room(cap: int | None, held: int) -> None:
    """Conflict `pool.holding_cap` where somebody holds as many open leads as they may."""
    if cap is not None and held >= cap:
        raise Conflict(f"{cap} may be held at once", code="pool.holding_cap", extra={"cap": cap})


def demand_cooled(released_at: datetime | None, cooldown_hours: int, now: datetime) -> None:
    """Conflict `pool.cooldown` where somebody claims again what they have just let go.

    `released_at` is when the lead left the claimer's hands, None where somebody else had it last.
    """
    if released_at is None:
        return
    until = released_at + timedelta(hours=cooldown_hours)
    if now < until:
        told = {"until": until.isoformat().replace("+00:00", "Z")}
        raise Conflict("who had it last waits a while", code="pool.cooldown", extra=told)


def demand_note(reason: ReturnReason, note: str) -> None:
    """Invalid `return.note` where the reason is another one and nobody says which."""
    if reason is ReturnReason.OTHER and not note:
        raise Invalid.field("note", "return.note", "say which other reason it is")


def demand_seat(seated: bool) -> None:
    """Forbidden `pool.not_member` for who sees a lead of a pool without being in it."""
    if not seated:
        raise Forbidden("only members of the pool claim from it", code="pool.not_member")


def demand_manager(manages: bool) -> None:
    """Forbidden `pool.not_admin` for members who would do what administrators do."""
    if not manages:
        raise Forbidden("this is for administrators of the pool", code="pool.not_admin")


def begin(claimed_at: datetime, terms: PoolTerms, now: datetime) -> Clocks:
    """The clocks of a lead that somebody gets."""
    recycle_at = claimed_at + timedelta(days=terms.default_protect_days)
    return _clocks(claimed_at, recycle_at, terms, now)


def extend(
    claimed_at: datetime,
    recycle_at: datetime,
    activity_at: datetime,
    terms: PoolTerms,
    now: datetime,
) -> Clocks:
    """recycle_at = min(claimed_at + max, max(recycle_at, activity_at + extend)).

    What was done before the claim was done for somebody else, and extends nothing.
    """
    if activity_at < claimed_at:
        return _clocks(claimed_at, recycle_at, terms, now)
    asked = activity_at + timedelta(days=terms.extend_days_per_activity)
    return _clocks(claimed_at, max(recycle_at, asked), terms, now)


def next_due(recycle_at: datetime, warn_days: Sequence[int], now: datetime) -> datetime:
    """The next warning after `now`, else the end: a warning whose day is over is not made up."""
    warnings = (recycle_at - timedelta(days=days) for days in warn_days)
    return min((each for each in warnings if each > now), default=recycle_at)


def recycled_because(claimed_at: datetime, recycle_at: datetime, terms: PoolTerms) -> ReleaseReason:
    """Which of the clocks ran out."""
    spent = recycle_at >= _latest(claimed_at, terms)
    return ReleaseReason.MAX_PROTECTION if spent else ReleaseReason.NO_FOLLOW_UP


def _latest(claimed_at: datetime, terms: PoolTerms) -> datetime:
    return claimed_at + timedelta(days=terms.max_protect_days)


def _clocks(claimed_at: datetime, asked: datetime, terms: PoolTerms, now: datetime) -> Clocks:
    recycle_at = min(_latest(claimed_at, terms), asked)
    return Clocks(claimed_at, recycle_at, next_due(recycle_at, terms.warn_days, now))
