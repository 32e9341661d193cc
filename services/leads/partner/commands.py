"""Every change of a channel partner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_accounts import (
    ChannelPartnerActivated,
    ChannelPartnerAssessed,
    ChannelPartnerEnded,
    ChannelPartnerIdentified,
    ChannelPartnerSigned,
    ChannelPartnerUpdated,
)
from crmkit.fields import given
from services.leads.account.models import Account
from services.leads.partner.domain import (
    LIFECYCLE,
    ChannelPartnerStatus,
    assessed,
    demand_editable,
    demand_order,
)
from services.leads.partner.models import ChannelPartner
from services.leads.partner.schemas import (
    AssessChannelPartner,
    ChannelPartnerCreate,
    ChannelPartnerUpdate,
    EndChannelPartner,
)


async def create_channel_partner(tx: Tx, new: ChannelPartnerCreate) -> ChannelPartner:
    """Note a company that might sell for us, for its owner or the caller."""
    await _expect_account(tx, new.account_id)
    return tx.create(
        ChannelPartner,
        ChannelPartnerIdentified,
        **given(new) | await _whose(tx, new.owner_id),
        status=ChannelPartnerStatus.IDENTIFIED,
        identified_at=tx.occurred_at,
    )


async def update_channel_partner(
    tx: Tx, channel_partner_id: UUID, patch: ChannelPartnerUpdate
) -> ChannelPartner:
    """Change its facts; a new owner brings their team and region."""
    partner = await tx.take(ChannelPartner, channel_partner_id)
    demand_editable(partner.status)
    await _expect_account(tx, patch.account_id)
    values: dict[str, Any] = given(patch)
    if "owner_id" in values:
        values |= await _whose(tx, patch.owner_id)
    return tx.update(partner, ChannelPartnerUpdated, **values)


async def assess_channel_partner(
    tx: Tx, channel_partner_id: UUID, found: AssessChannelPartner
) -> ChannelPartner:
    """Judge its market and strength; who sells for us already is judged again."""
    partner = await tx.take(ChannelPartner, channel_partner_id)
    status = assessed(partner.status)
    _follow(tx, partner.assessed_at or partner.identified_at)
    return tx.update(
        partner,
        ChannelPartnerAssessed,
        status=status,
        assessed_at=tx.occurred_at,
        **given(found),
    )


async def sign_channel_partner(tx: Tx, channel_partner_id: UUID) -> ChannelPartner:
    """Note that it agreed to sell for us."""
    partner = await tx.take(ChannelPartner, channel_partner_id)
    status = LIFECYCLE.move(partner.status, ChannelPartnerStatus.SIGNED)
    _follow(tx, partner.assessed_at or partner.identified_at)
    return tx.update(partner, ChannelPartnerSigned, status=status, signed_at=tx.occurred_at)


async def activate_channel_partner(tx: Tx, channel_partner_id: UUID) -> ChannelPartner:
    """Let it sell for us from now on."""
    partner = await tx.take(ChannelPartner, channel_partner_id)
    status = LIFECYCLE.move(partner.status, ChannelPartnerStatus.ACTIVE)
    _follow(tx, partner.signed_at or partner.identified_at)
    return tx.update(partner, ChannelPartnerActivated, status=status, activated_at=tx.occurred_at)


async def end_channel_partner(
    tx: Tx, channel_partner_id: UUID, why: EndChannelPartner
) -> ChannelPartner:
    """End it, at whatever step it is, with the reason."""
    partner = await tx.take(ChannelPartner, channel_partner_id)
    status = LIFECYCLE.move(partner.status, ChannelPartnerStatus.ENDED)
    steps = (partner.activated_at, partner.signed_at, partner.assessed_at)
    _follow(tx, max(filter(None, (*steps, partner.identified_at))))
    return tx.update(
        partner,
        ChannelPartnerEnded,
        status=status,
        ended_at=tx.occurred_at,
        end_reason=why.reason,
    )


def _follow(tx: Tx, earlier: datetime) -> None:
    tx.follow(earlier)
    demand_order(earlier, tx.occurred_at)


async def _whose(tx: Tx, owner_id: UUID | None) -> dict[str, Any]:
    who = await owner(tx, owner_id)
    return {"owner_id": who.owner_id, "team": who.team, "region": who.region}


async def _expect_account(tx: Tx, account_id: UUID | None) -> None:
    """NotFound where the account is not there for the caller."""
    if account_id is not None:
        tx.expect(await tx.get(Account, account_id))


async def expect_channel_partner(tx: Tx, channel_partner_id: UUID | None) -> None:
    """NotFound where the channel partner that is named is not there for the caller."""
    if channel_partner_id is not None:
        tx.expect(await tx.get(ChannelPartner, channel_partner_id))
