"""Every change of market intelligence."""

from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_intel import (
    MarketIntelDismissed,
    MarketIntelNoted,
    MarketIntelReported,
    MarketIntelUpdated,
)
from crmkit.fields import given
from services.leads.account.models import Account
from services.leads.intel.domain import LIFECYCLE, IntelStatus, demand_facet, demand_open
from services.leads.intel.models import MarketIntel
from services.leads.intel.schemas import JudgeIntel, MarketIntelUpdate, ReportIntel


async def report_intel(tx: Tx, new: ReportIntel) -> MarketIntel:
    """反馈上级 tell those above what was heard."""
    demand_facet(new.kind, new.facet)
    await _expect_account(tx, new.account_id)
    who = await owner(tx, None)
    return tx.create(
        MarketIntel,
        MarketIntelReported,
        **given(new),
        owner_id=who.owner_id,
        team=who.team,
        region=who.region,
        status=IntelStatus.REPORTED,
        observed_at=tx.occurred_at,
    )


async def update_intel(tx: Tx, intel_id: UUID, patch: MarketIntelUpdate) -> MarketIntel:
    """Put right what was told, until it was taken note of."""
    intel = await tx.take(MarketIntel, intel_id)
    demand_open(intel.status)
    await _expect_account(tx, patch.account_id)
    values = given(patch)
    after = vars(intel) | values
    demand_facet(after["kind"], after["facet"])
    return tx.update(intel, MarketIntelUpdated, **values)


async def note_intel(tx: Tx, intel_id: UUID, said: JudgeIntel) -> MarketIntel:
    """已阅 take note of it, as one of those above whoever told it."""
    intel = await tx.take(MarketIntel, intel_id, "judge")
    status = LIFECYCLE.move(intel.status, IntelStatus.NOTED)
    return tx.update(
        intel,
        MarketIntelNoted,
        status=status,
        noted_at=tx.occurred_at,
        noted_by=tx.actor.member_id,
        remark=said.remark,
    )


async def dismiss_intel(tx: Tx, intel_id: UUID, said: JudgeIntel) -> MarketIntel:
    """Make nothing of it, and say why."""
    intel = await tx.take(MarketIntel, intel_id, "judge")
    status = LIFECYCLE.move(intel.status, IntelStatus.DISMISSED)
    return tx.update(
        intel,
        MarketIntelDismissed,
        status=status,
        noted_at=tx.occurred_at,
        noted_by=tx.actor.member_id,
        remark=said.remark,
    )


async def _expect_account(tx: Tx, account_id: UUID | None) -> None:
    if account_id is not None:
        tx.expect(await tx.get(Account, account_id))
