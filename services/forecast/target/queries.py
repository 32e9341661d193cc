"""Every list of targets."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.access import covers
from services.forecast.target.domain import sales_period
from services.forecast.target.models import Target

TARGETS = Listing(
    Target,
    filters=("period", "owner_id", "team", "currency", "starts_on", "ends_on", "updated_at"),
    sorts=("starts_on", "updated_at"),
    default="-starts_on",
)


async def find_target(reading: Reading, label: str, owner_id: UUID) -> Target | None:
    """The owner's target for the period, if the caller sees it; Invalid `period.invalid`."""
    found = await reading.find(Target, period=sales_period(label).label, owner_id=owner_id)
    scope = reading.policy.scope(reading.actor, "target", "read")
    return found if found is not None and covers(scope, reading.actor, found) else None
