"""What contracts does with the events of others."""

from crmkit.db.writing import Tx
from crmkit.events.leads import AccountMerged
from crmkit.events.opportunities import OpportunityWon
from crmkit.messaging.handlers import Copy, consumes
from services.contracts.contract import commands
from services.contracts.contract.models import AccountCopy, Contract, DealCopy

deals = Copy(DealCopy, "opportunity")
accounts = Copy(AccountCopy, "account")


@consumes(OpportunityWon)
async def draft_contract(tx: Tx, won: OpportunityWon) -> Contract | None:
    return await commands.draft_won_deal(tx, won.state)


@consumes(AccountMerged)
async def move_contracts(tx: Tx, event: AccountMerged) -> Contract | None:
    into = event.state.merged_into
    return await commands.move_contracts(tx, event.aggregate_id, into) if into else None
