"""A second look once an erasure is written, for what came in meanwhile."""

from datetime import timedelta

from crmkit.db.executor import locking
from crmkit.db.writing import Tx
from crmkit.events.leads_erasure import ErasureRecorded
from crmkit.messaging.handlers import consumes
from services.leads.erasure import commands
from services.leads.erasure.domain import ErasureKind, ErasureReason
from services.leads.erasure.models import Erasure
from services.leads.erasure.schemas import EraseRecord

_UNDER_WAY = timedelta(minutes=1)
"""Until when what was being written may have been read before the erasure was."""


@consumes(ErasureRecorded)
@locking
async def look_again(tx: Tx, event: ErasureRecorded) -> Erasure | None:
    """What is found is an erasure of its own, after which there is another look."""
    state = event.state
    asked = EraseRecord(
        reason=ErasureReason[state.reason.upper()], reference=state.reference, stop_imports=True
    )
    kind = ErasureKind[state.kind.upper()]
    matter = commands.Matter(kind, state.subject_id, asked, state.owner_id, state.team)
    return await commands.erase_rest(tx, matter, event.recorded_at + _UNDER_WAY)
