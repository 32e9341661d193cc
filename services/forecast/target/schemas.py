"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Day, Instant, MoneyIn, MoneyOut, Strict
from crmkit.web.answers import Read


class SetTarget(Strict):
    """What the owner is to win in the period."""

    amount: MoneyIn


class TargetRead(Read):
    """`ends_on` is the last day of the period."""

    id: UUID
    version: int
    period: str
    starts_on: Day
    ends_on: Day
    owner_id: UUID
    team: str
    amount: MoneyOut
    created_at: Instant
    updated_at: Instant
