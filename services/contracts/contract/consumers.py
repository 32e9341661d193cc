"""What contracts does when a deal is won."""

from crmkit.db.writing import Tx
from crmkit.events.opportunities import OpportunityWon
from crmkit.messaging.handlers import Copy, consumes
from services.contracts.contract import commands
from services.contracts.contract.models import Contract, DealCopy

deals = Copy(DealCopy, "opportunity")


@consumes(OpportunityWon)
async def draft_contract(tx: Tx, won: OpportunityWon) -> Contract | None:
    return await commands.draft_won_deal(tx, won.state)
