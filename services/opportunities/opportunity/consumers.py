"""What the room does with the events of others."""

from crmkit.db.executor import locking
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractSigned
from crmkit.events.leads import AccountMerged, LeadConverted
from crmkit.events.leads_erasure import AccountErased, LeadErased
from crmkit.messaging.handlers import Copy, consumes
from services.opportunities.opportunity import commands, queries
from services.opportunities.opportunity.models import AccountCopy, Opportunity

accounts = Copy(AccountCopy, "account")


@consumes(LeadConverted)
async def open_opportunity(tx: Tx, event: LeadConverted) -> Opportunity | None:
    """A converted lead opens a deal, once, even if it was deleted since."""
    wanted = event.state.opportunity_id
    if wanted is None or await queries.is_known(tx, wanted):
        return None
    return await commands.open_from_lead(tx, event.state, wanted)


@consumes(ContractSigned)
async def win_signed(tx: Tx, event: ContractSigned) -> Opportunity | None:
    """A signed contract wins the deal it is about."""
    about = event.state.opportunity_id
    opportunity = await tx.find(Opportunity, id=about) if about else None
    if opportunity is None:
        return None
    return await commands.apply_signed_contract(tx, opportunity, event.state)


@consumes(AccountMerged)
@locking
async def move_deals(tx: Tx, event: AccountMerged) -> Opportunity | None:
    """Deals of an account go with it where it became part of another one; the last of them.

    That one may be known to be erased by now, for nothing orders the events of two accounts.
    """
    into = event.state.merged_into
    if into is None:
        return None
    deals = await queries.list_of_account(tx, event.aggregate_id)
    is_erased = await queries.is_erased(tx, into)
    moved = None
    for deal in deals:
        if deal.erased_at is not None or not is_erased:
            moved = commands.move_to_account(tx, deal, into)
    emptied = await commands.erase_deals(tx, deals, into) if is_erased else None
    return emptied or moved


@consumes(AccountErased)
@locking
async def erase_deals(tx: Tx, event: AccountErased) -> Opportunity | None:
    """Deals of an account that is a person go with them; the last of them."""
    return await commands.erase_deals(tx, await queries.list_of_account(tx, event.aggregate_id))


@consumes(LeadErased)
@locking
async def erase_named(tx: Tx, event: LeadErased) -> Opportunity | None:
    """The deal that a lead became goes with them where it bears their name."""
    wanted = event.state.opportunity_id if event.state.deal_erased else None
    return await commands.erase_deals(tx, await queries.list_known(tx, wanted)) if wanted else None
