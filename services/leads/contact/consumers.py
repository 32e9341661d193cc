"""What the room does about what happens to accounts."""

from crmkit.db.writing import Tx
from crmkit.events.leads import AccountUpdated
from crmkit.messaging.handlers import consumes
from services.leads.account.models import Account
from services.leads.contact.commands import hand_over_contacts
from services.leads.contact.models import Contact


@consumes(AccountUpdated)
async def follow_account(tx: Tx, event: AccountUpdated) -> Contact | None:
    """An account that went to another owner, by whatever way, takes its contacts along."""
    if event.changed.keys().isdisjoint({"owner_id", "team"}):
        return None
    account = await tx.find(Account, id=event.aggregate_id)
    return None if account is None else await hand_over_contacts(tx, account)
