"""Every change of an account."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads import AccountCreated, AccountDeleted, AccountRestored, AccountUpdated
from crmkit.fields import given
from services.leads.account.domain import demand_no_cycle
from services.leads.account.models import Account
from services.leads.account.schemas import AccountCreate, AccountUpdate


async def create_account(tx: Tx, new: AccountCreate) -> Account:
    """Open an account."""
    who = await owner(tx, new.owner_id)
    if new.parent_id is not None:
        tx.expect(await tx.get(Account, new.parent_id))
    return tx.create(
        Account,
        AccountCreated,
        **given(new, owner_id=who.owner_id, region=new.region or who.region),
        team=who.team,
    )


async def update_account(tx: Tx, account_id: UUID, patch: AccountUpdate) -> Account:
    """Change an account's facts; it cannot be put below itself."""
    account = await tx.take(Account, account_id)
    values: dict[str, Any] = given(patch)
    if patch.parent_id is not None:
        await _expect_ancestors(tx, account.id, patch.parent_id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    return tx.update(account, AccountUpdated, **values)


async def account_for(tx: Tx, account_id: UUID | None, otherwise: AccountCreate) -> Account:
    """The account of that id, or a new one where none is named."""
    if account_id is None:
        return await create_account(tx, otherwise)
    account = await tx.get(Account, account_id)
    tx.expect(account)
    return account


async def delete_account(tx: Tx, account_id: UUID) -> Account:
    """Put an account away."""
    return tx.delete(await tx.take(Account, account_id), AccountDeleted)


async def restore_account(tx: Tx, account_id: UUID) -> Account:
    """Bring a deleted account back within 30 days."""
    return tx.restore(await tx.take_deleted(Account, account_id), AccountRestored)


async def _expect_ancestors(tx: Tx, account_id: UUID, parent_id: UUID) -> None:
    """NotFound without such a parent, or Conflict where it stands below the account.

    Everything above is guarded: two changes at once could close a circle that neither sees.
    """
    await tx.get(Account, parent_id)
    ancestors = await tx.above(Account, parent_id, "parent_id")
    demand_no_cycle(account_id, [ancestor.id for ancestor in ancestors])
    for ancestor in ancestors:
        tx.expect(ancestor)
