"""What forecast tells: what we expect."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from crmkit.events.envelope import Event, State


class TargetState(State):
    """销售目标 what one owner is to win in one period."""

    period: str
    starts_on: date
    ends_on: date
    owner_id: UUID
    team: str
    amount: Decimal
    currency: str


class ForecastState(State):
    """销售预测 the weighted pipeline of a period and owner, as it stood when it was submitted."""

    period: str
    starts_on: date
    ends_on: date
    owner_id: UUID
    team: str
    currency: str
    won: Decimal
    weighted: Decimal
    target: Decimal
    commit: Decimal
    submitted_at: datetime


class TargetSet(Event[TargetState], type="target.set.v1"):
    """A target was set."""


class TargetChanged(Event[TargetState], type="target.changed.v1"):
    """A target's amount changed."""


class ForecastSubmitted(Event[ForecastState], type="forecast.submitted.v1"):
    """Somebody put their name to a figure."""
