"""What the room does with the events of others."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractSigned
from crmkit.events.leads import LeadConverted
from crmkit.messaging.handlers import consumes
from services.leads.account.commands import sign_account, take_interest
from services.leads.account.models import Account
from services.leads.account.queries import find_heir


@consumes(ContractSigned)
async def make_customer(tx: Tx, event: ContractSigned) -> Account | None:
    """A signed contract makes an account a customer, however often and late it is heard of."""
    account = await _known(tx, event.state.account_id)
    return None if account is None else sign_account(tx, account, event.state)


@consumes(LeadConverted)
async def warm_up(tx: Tx, event: LeadConverted) -> Account | None:
    """A converted lead makes its account an interested one: not in the command, for the leads of
    one account may be converted in one batch."""
    account = await _known(tx, event.state.account_id)
    wanted_at = event.state.converted_at or tx.occurred_at
    return None if account is None else take_interest(tx, account, wanted_at)


async def _known(tx: Tx, account_id: UUID | None) -> Account | None:
    """The account, or the one that it went into."""
    if account_id is None:
        return None
    return await tx.find(Account, id=account_id) or await find_heir(tx, account_id)
