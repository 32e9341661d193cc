"""Every list of forms and of what they refused, and who stands behind a key."""

from datetime import date
from uuid import UUID

from crmkit.components.day_counts import DayCounts
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.keys import hash_of, opens
from services.leads.form.models import CaptureDay, CaptureFailure, CaptureForm

FORMS = Listing(
    CaptureForm,
    filters=("source", "campaign_id", "owner_id", "team", "revoked_at", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
FAILURES = Listing(
    CaptureFailure,
    filters=("form_id", "code", "owner_id", "team", "created_at"),
    sorts=("created_at",),
    default="-created_at",
    search=("detail",),
)
_DAYS = DayCounts(CaptureDay, "form_id", "taken", "refused")


async def find_open(reading: Reading, form_id: UUID, key: str) -> CaptureForm | None:
    """The form that the key opens now, in the tenant the key says it is of."""
    form = await reading.find(CaptureForm, id=form_id)
    return form if form and opens(hash_of(key), vars(form), reading.now) else None


async def take_place(reading: Reading, form: CaptureForm, day: date) -> int | None:
    """Which one it is that the form takes that day; None where there are no more."""
    return await _DAYS.count(reading, "taken", form.id, day, form.daily_cap)


async def return_place(reading: Reading, form: CaptureForm, day: date) -> None:
    """A row that had a place became no lead: somebody else has it."""
    await _DAYS.uncount(reading, "taken", form.id, day)


async def take_refusal(reading: Reading, form: CaptureForm, day: date, most: int) -> int | None:
    """Which one it is that the form refuses that day; None where no more are kept."""
    return await _DAYS.count(reading, "refused", form.id, day, most)
