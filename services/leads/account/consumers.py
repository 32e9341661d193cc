"""What the room does with the events of others."""

from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractSigned
from crmkit.messaging.handlers import consumes
from services.leads.account.commands import sign_account
from services.leads.account.models import Account
from services.leads.account.queries import find_heir


@consumes(ContractSigned)
async def make_customer(tx: Tx, event: ContractSigned) -> Account | None:
    """A signed contract makes an account a customer, however often and late it is heard of."""
    about = event.state.account_id
    if about is None:
        return None
    account = await tx.find(Account, id=about) or await find_heir(tx, about)
    return None if account is None else sign_account(tx, account, event.state)
