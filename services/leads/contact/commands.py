"""Every change of a contact."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.references import Reference
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads_accounts import (
    ContactCreated,
    ContactDeleted,
    ContactHandedOver,
    ContactRated,
    ContactRestored,
    ContactUpdated,
)
from crmkit.events.leads_components import (
    ContactFieldCreated,
    ContactFieldDeleted,
    ContactFieldUpdated,
    ContactJobEnded,
    ContactJobProgressed,
    ContactJobRequested,
)
from crmkit.fields import given
from crmkit.kernel.errors import Conflict
from services.leads.account.models import Account
from services.leads.contact.domain import demand_newer, demand_there, dialled
from services.leads.contact.models import Contact, ContactField, ContactJob, ContactJobPart
from services.leads.contact.queries import CONTACT_FIELDS, CONTACTS, left_behind
from services.leads.contact.schemas import (
    CALLED,
    ContactCreate,
    ContactRead,
    ContactUpdate,
    RateContact,
)

FIELDS = FieldCommands(
    ContactField,
    created=ContactFieldCreated,
    updated=ContactFieldUpdated,
    deleted=ContactFieldDeleted,
)


async def create_contact(tx: Tx, new: ContactCreate) -> Contact:
    """Add somebody to an account that the caller may change; its owner's they are."""
    account = await _account(tx, new.account_id)
    return await add_contact(tx, account, new, await CONTACT_FIELDS.written(tx, new.custom))


async def add_contact(
    tx: Tx, account: Account, new: ContactCreate, custom: Mapping[str, Any] | None = None
) -> Contact:
    """Add somebody to an account that may be as new as they are; the caller may change it.

    Own fields that are required are not asked for here, where nobody may be there to be asked.
    """
    if new.is_primary:
        await _step_back(tx, account.id)
    return tx.create(
        Contact,
        ContactCreated,
        **given(new, phone=dialled(new.phone, account.country), custom=dict(custom or {})),
        **_whose(account),
        relationship_at=tx.occurred_at if new.relationship_level else None,
    )


async def update_contact(tx: Tx, contact_id: UUID, patch: ContactUpdate) -> Contact:
    """Change a contact's facts; one who changes companies is not the new one's primary contact,
    unless that is said as well."""
    contact = await tx.take(Contact, contact_id)
    values: dict[str, Any] = given(patch)
    account_id = values.get("account_id", contact.account_id)
    if account_id != contact.account_id:
        account = await _account(tx, account_id)
        values = {"is_primary": False} | values | _whose(account)
    else:
        account = await _standing(tx, contact)
    if values.get("is_primary") and not (contact.is_primary and account_id == contact.account_id):
        await _step_back(tx, account_id)
    if patch.phone is not None:
        values["phone"] = dialled(patch.phone, account.country)
    if "custom" in values:
        values["custom"] = await CONTACT_FIELDS.written(tx, patch.custom, contact.custom)
    return tx.update(contact, ContactUpdated, **values)


async def rate_contact(tx: Tx, contact_id: UUID, judged: RateContact) -> Contact:
    """关系等级 say how well we know them; judgements are dated, and made in order."""
    contact = await tx.take(Contact, contact_id)
    await _standing(tx, contact)
    if contact.relationship_at is not None:
        tx.follow(contact.relationship_at)
    demand_newer(contact.relationship_at, tx.occurred_at)
    return tx.update(
        contact,
        ContactRated,
        relationship_level=judged.level,
        relationship_at=tx.occurred_at,
    )


async def hand_over_contacts(tx: Tx, account: Account) -> Contact | None:
    """Let an account's contacts follow it to its owner; the last of them, None where all have."""
    moved = None
    for contact in await left_behind(tx, account.id, account.owner_id, account.team):
        moved = tx.update(contact, ContactHandedOver, **_whose(account))
    if moved is not None:
        tx.expect(account)
    return moved


async def delete_contact(tx: Tx, contact_id: UUID) -> Contact:
    """Put a contact away, who is nobody's primary contact then."""
    contact = await tx.take(Contact, contact_id)
    return tx.update(contact, ContactDeleted, deleted_at=tx.now, is_primary=False)


async def restore_contact(tx: Tx, contact_id: UUID) -> Contact:
    """Bring a deleted contact back within 30 days, to whoever has the account by now."""
    contact = await tx.take_deleted(Contact, contact_id)
    account = await tx.find(Account, id=contact.account_id)
    whose = {} if account is None else _whose(account)
    if account is not None:
        tx.expect(account)
    return tx.update(contact, ContactRestored, deleted_at=None, **whose)


async def expect_contact(tx: Tx, contact_id: UUID | None, account_id: UUID | None) -> None:
    """Somebody is named, at the account where one is named too: NotFound, Invalid
    `contact.elsewhere`."""
    if contact_id is None:
        return
    contact = await tx.get(Contact, contact_id)
    demand_there(contact.account_id, account_id)
    tx.expect(contact)


async def _account(tx: Tx, account_id: UUID) -> Account:
    """The account, which the caller may change; NotFound, Forbidden."""
    account = await tx.get(Account, account_id)
    tx.policy.check(tx.actor, "account", "write", account)
    tx.expect(account)
    return account


async def _standing(tx: Tx, contact: Contact) -> Account:
    """The contact's account; Conflict `contact.account_deleted` where it was put away."""
    account = await tx.find(Account, id=contact.account_id)
    if account is None:
        raise Conflict("their account was put away", code="contact.account_deleted")
    tx.expect(account)
    return account


async def _step_back(tx: Tx, account_id: UUID) -> None:
    """Whoever is the account's primary contact makes room; two at once meet in a constraint."""
    before = await tx.find(Contact, account_id=account_id, is_primary=True)
    if before is not None:
        tx.update(before, ContactUpdated, is_primary=False)


def _whose(account: Account) -> dict[str, Any]:
    return {"owner_id": account.owner_id, "team": account.team}


JOBS = Jobs(
    JobCommands(
        ContactJob,
        Contact,
        requested=ContactJobRequested,
        progressed=ContactJobProgressed,
        ended=ContactJobEnded,
    ),
    ContactJobPart,
    ContactRead,
    CONTACTS,
    CONTACT_FIELDS,
    Bulk((create_contact, ContactCreate), (update_contact, ContactUpdate), {}),
    delete_contact,
    CALLED,
    (Reference("account_id", Account, ("external_id", "name")),),
)
