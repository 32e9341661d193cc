"""Every change of an account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.directory import owner
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractState
from crmkit.events.leads import (
    AccountCreated,
    AccountDeleted,
    AccountLifecycleChanged,
    AccountRestored,
    AccountUpdated,
)
from crmkit.events.leads_components import (
    AccountFieldCreated,
    AccountFieldDeleted,
    AccountFieldUpdated,
    AccountJobEnded,
    AccountJobProgressed,
    AccountJobRequested,
)
from crmkit.fields import given
from services.leads.account.domain import (
    LIFECYCLE,
    AccountLifecycle,
    demand_lost,
    demand_no_cycle,
    demand_shallow,
    demand_whole,
    interested,
    signed,
)
from services.leads.account.models import Account, AccountField, AccountJob, AccountJobPart
from services.leads.account.queries import ACCOUNT_FIELDS, ACCOUNTS, find_height
from services.leads.account.schemas import (
    CALLED,
    AccountCreate,
    AccountRead,
    AccountUpdate,
    LoseAccount,
)

FIELDS = FieldCommands(
    AccountField,
    created=AccountFieldCreated,
    updated=AccountFieldUpdated,
    deleted=AccountFieldDeleted,
)


async def create_account(tx: Tx, new: AccountCreate) -> Account:
    """Open an account."""
    return await _open(tx, new, await ACCOUNT_FIELDS.written(tx, new.custom))


async def _open(tx: Tx, new: AccountCreate, custom: dict[str, Any]) -> Account:
    """The account with these values of own fields: nobody is there to be asked for those that are
    required where one opens by itself."""
    who = await owner(tx, new.owner_id)
    if new.parent_id is not None:
        tx.expect(await tx.get(Account, new.parent_id))
        demand_shallow(len(await tx.above(Account, new.parent_id, "parent_id")), 1)
    return tx.create(
        Account,
        AccountCreated,
        **given(new, owner_id=who.owner_id, region=new.region or who.region, custom=custom),
        team=who.team,
        lifecycle_at=tx.occurred_at,
        customer_since=tx.occurred_at if new.lifecycle is AccountLifecycle.CUSTOMER else None,
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
    if "custom" in values:
        values["custom"] = await ACCOUNT_FIELDS.written(tx, patch.custom, account.custom)
    return tx.update(account, AccountUpdated, **values)


async def account_for(tx: Tx, account_id: UUID | None, otherwise: AccountCreate) -> Account:
    """The account of that id, or a new one where none is named, where somebody is interested."""
    if account_id is None:
        warm = otherwise.model_copy(update={"lifecycle": AccountLifecycle.INTERESTED})
        return await _open(tx, warm, {})
    account = await tx.get(Account, account_id)
    tx.expect(account)
    return account


def take_interest(tx: Tx, account: Account, wanted_at: datetime) -> Account | None:
    """意向客户 note that somebody there wants something from us, as a converted lead says; None
    where that is nothing new."""
    after = interested(account.lifecycle, account.lifecycle_at, wanted_at)
    if after is account.lifecycle:
        return None
    return tx.update(
        account, AccountLifecycleChanged, lifecycle=after, lifecycle_at=wanted_at, lost_reason=""
    )


async def lose_account(tx: Tx, account_id: UUID, why: LoseAccount) -> Account:
    """流失 give an account up, with the reason."""
    account = await tx.take(Account, account_id)
    return _move(tx, account, LIFECYCLE.move(account.lifecycle, AccountLifecycle.LOST), why.reason)


async def win_back_account(tx: Tx, account_id: UUID) -> Account:
    """A lost account is interested again; a contract makes it a customer again."""
    account = await tx.take(Account, account_id)
    demand_lost(account.lifecycle)
    return _move(tx, account, LIFECYCLE.move(account.lifecycle, AccountLifecycle.INTERESTED))


def sign_account(tx: Tx, account: Account, contract: ContractState) -> Account:
    """成交客户 a contract was signed with the account, the earliest of which made it a customer."""
    signed_at = contract.signed_at or tx.occurred_at
    after = signed(account.lifecycle, account.lifecycle_at, signed_at)
    since = min(account.customer_since or signed_at, signed_at)
    if after is account.lifecycle:
        return tx.update(account, AccountUpdated, customer_since=since)
    return tx.update(
        account,
        AccountLifecycleChanged,
        lifecycle=after,
        lifecycle_at=signed_at,
        customer_since=since,
        lost_reason="",
    )


async def delete_account(tx: Tx, account_id: UUID) -> Account:
    """Put an account away."""
    return tx.delete(await tx.take(Account, account_id), AccountDeleted)


async def restore_account(tx: Tx, account_id: UUID) -> Account:
    """Bring a deleted account back within 30 days."""
    account = await tx.take_deleted(Account, account_id)
    demand_whole(account.merged_into)
    return tx.restore(account, AccountRestored)


def _move(tx: Tx, account: Account, to: AccountLifecycle, reason: str = "") -> Account:
    return tx.update(
        account,
        AccountLifecycleChanged,
        lifecycle=to,
        lifecycle_at=tx.occurred_at,
        lost_reason=reason,
    )


async def _expect_ancestors(tx: Tx, account_id: UUID, parent_id: UUID) -> None:
    """NotFound without such a parent, or Conflict where it stands below the account, or where the
    tree would become too deep.

    Everything above is guarded: two changes at once could close a circle that neither sees.
    """
    await tx.get(Account, parent_id)
    ancestors = await tx.above(Account, parent_id, "parent_id")
    demand_no_cycle(account_id, [ancestor.id for ancestor in ancestors])
    demand_shallow(len(ancestors), await find_height(tx, account_id))
    for ancestor in ancestors:
        tx.expect(ancestor)


JOBS = Jobs(
    JobCommands(
        AccountJob,
        Account,
        requested=AccountJobRequested,
        progressed=AccountJobProgressed,
        ended=AccountJobEnded,
    ),
    AccountJobPart,
    AccountRead,
    ACCOUNTS,
    ACCOUNT_FIELDS,
    Bulk((create_account, AccountCreate), (update_account, AccountUpdate), {}),
    delete_account,
    CALLED,
)
