"""来访与电话咨询 whose customer a visitor is, and until when a caller is answered."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from services.leads.matching.domain import phone_key


class EnquiryStatus(Labelled):
    """Where a question stands."""

    OPEN = "open", "待回复", "Open"
    ANSWERED = "answered", "已回复", "Answered"


LIFECYCLE = Lifecycle(
    {
        EnquiryStatus.OPEN: frozenset({EnquiryStatus.ANSWERED}),
        EnquiryStatus.ANSWERED: frozenset(),
    }
)


class Ownership(NamedTuple):
    """Whose customer somebody is, and until when nobody else gets them."""

    owner_id: UUID
    until: datetime


def visitor_key(phone: str) -> str:
    """What the ways to write one number have in common; of what is no number, its digits."""
    return phone_key(phone) or "".join(filter(str.isdigit, phone))


def ownership(
    standing: Ownership | None, comes_to: UUID, visited_at: datetime, protected: timedelta
) -> Ownership:
    """首次登记优先 the first registration wins: who comes again is theirs until the protection is
    over, and longer if they come to them; then whoever receives them has them."""
    until = visited_at + protected
    if standing is None:
        return Ownership(comes_to, until)
    if standing.owner_id == comes_to:
        return Ownership(comes_to, max(standing.until, until))
    return standing if visited_at < standing.until else Ownership(comes_to, until)


def demand_open(status: EnquiryStatus) -> None:
    """Conflict `enquiry.answered` where the question was answered."""
    if status is not EnquiryStatus.OPEN:
        raise Conflict("this was answered", code="enquiry.answered")


def demand_order(received_at: datetime, answered_at: datetime) -> None:
    """Conflict `enquiry.before_received` where the answer came before the question."""
    if answered_at < received_at:
        raise Conflict("that is before they asked", code="enquiry.before_received")


def kept_at(answered_at: datetime, answer_by: datetime) -> datetime | None:
    """When they were answered, if that was in time."""
    return answered_at if answered_at <= answer_by else None
