"""How a contract is drafted; what signing brings about is told in the room of receivables."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner, tenant
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractDrafted, ContractUpdated
from crmkit.events.opportunities import OpportunityState
from crmkit.fields import given
from crmkit.kernel.access import covers
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import day_of
from services.contracts.contract.domain import ContractStatus, contract_number, demand_draft
from services.contracts.contract.models import Contract, DealCopy
from services.contracts.contract.queries import list_of_account
from services.contracts.contract.schemas import ContractCreate, ContractUpdate


async def draft_contract(tx: Tx, new: ContractCreate) -> Contract:
    """Draft a contract, for its owner or the caller."""
    brought = await _brought(tx, new.opportunity_id)
    who = await owner(tx, new.owner_id)
    values = given(new, owner_id=who.owner_id, region=new.region or who.region, **brought)
    return await _draft(tx, team=who.team, **values)


async def draft_won_deal(tx: Tx, deal: OpportunityState) -> Contract | None:
    """Draft the contract of a won deal, once, under the owner and team it was won by.

    Nothing where the deal was won by a contract, or is history brought in from elsewhere.
    """
    if deal.imported or deal.contract_id is not None:
        return None
    if await tx.find(Contract, opportunity_id=deal.id) is not None:
        return None
    return await _draft(
        tx,
        title=deal.name,
        account_id=deal.account_id,
        opportunity_id=deal.id,
        amount=deal.amount,
        currency=deal.currency,
        product=deal.product,
        source=deal.source,
        owner_id=deal.owner_id,
        team=deal.team,
        region=deal.region,
        campaign_id=deal.campaign_id,
        channel_partner_id=deal.channel_partner_id,
    )


async def update_contract(tx: Tx, contract_id: UUID, patch: ContractUpdate) -> Contract:
    """Change a draft; a new owner brings their team."""
    contract = await tx.take(Contract, contract_id)
    demand_draft(contract.status)
    values = given(patch)
    if "opportunity_id" in values and patch.opportunity_id != contract.opportunity_id:
        values |= await _brought(tx, patch.opportunity_id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    return tx.update(contract, ContractUpdated, **values)


async def move_contracts(tx: Tx, account_id: UUID, into: UUID) -> Contract | None:
    """An account became part of another one: its contracts, signed or not, are with that one; the
    last of them."""
    moved = None
    for contract in await list_of_account(tx, account_id):
        moved = tx.update(contract, ContractUpdated, account_id=into)
    return moved


async def _brought(tx: Tx, opportunity_id: UUID | None) -> dict[str, Any]:
    """What brought the deal; Invalid `opportunity.unknown` where the caller's role sees none.

    A signed contract wins its deal, so nobody signs for a deal out of their scope.
    """
    if opportunity_id is None:
        return {"campaign_id": None, "channel_partner_id": None}
    deal = await tx.find(DealCopy, id=opportunity_id)
    scope = tx.policy.scope(tx.actor, "contract", "write")
    if deal is None or not covers(scope, tx.actor, deal):
        raise Invalid.field("opportunity_id", "opportunity.unknown", "you see no such deal")
    return {"campaign_id": deal.campaign_id, "channel_partner_id": deal.channel_partner_id}


async def _draft(tx: Tx, **values: Any) -> Contract:
    zone = (await tenant(tx)).zone
    return tx.create(
        Contract,
        ContractDrafted,
        number=contract_number(day_of(tx.occurred_at, zone)),
        status=ContractStatus.DRAFT,
        drafted_at=tx.occurred_at,
        **values,
    )
