"""Every change of a due diligence."""

from uuid import UUID

from crmkit.components.directory import owner, tenant
from crmkit.db.writing import Tx
from crmkit.events.leads_accounts import (
    DueDiligenceCancelled,
    DueDiligenceCompleted,
    DueDiligenceRequested,
)
from crmkit.fields import given
from crmkit.kernel.period import day_of
from services.leads.account.models import Account
from services.leads.due_diligence.domain import LIFECYCLE, DueDiligenceStatus, demand_validity
from services.leads.due_diligence.models import DueDiligence
from services.leads.due_diligence.schemas import CompleteDueDiligence, RequestDueDiligence


async def request_due_diligence(tx: Tx, new: RequestDueDiligence) -> DueDiligence:
    """Ask to look into an account; Conflict `due_diligence.exists` where somebody has already."""
    tx.expect(await tx.get(Account, new.account_id))
    who = await owner(tx, new.owner_id)
    return tx.create(
        DueDiligence,
        DueDiligenceRequested,
        **given(new, owner_id=who.owner_id),
        team=who.team,
        status=DueDiligenceStatus.REQUESTED,
        requested_at=tx.occurred_at,
    )


async def complete_due_diligence(
    tx: Tx, due_diligence_id: UUID, found: CompleteDueDiligence
) -> DueDiligence:
    """Say what was found out, and for how long it holds."""
    asked = await tx.take(DueDiligence, due_diligence_id, "complete")
    status = LIFECYCLE.move(asked.status, DueDiligenceStatus.COMPLETED)
    tx.follow(asked.requested_at)
    today = day_of(tx.occurred_at, (await tenant(tx)).zone)
    demand_validity(found.outcome, found.valid_until, today)
    return tx.update(
        asked, DueDiligenceCompleted, status=status, completed_at=tx.occurred_at, **given(found)
    )


async def cancel_due_diligence(tx: Tx, due_diligence_id: UUID) -> DueDiligence:
    """Take the question back."""
    asked = await tx.take(DueDiligence, due_diligence_id)
    status = LIFECYCLE.move(asked.status, DueDiligenceStatus.CANCELLED)
    tx.follow(asked.requested_at)
    return tx.update(asked, DueDiligenceCancelled, status=status, cancelled_at=tx.occurred_at)
