import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.schemas import AccountCreate, AccountUpdate
from services.leads.contact import commands
from services.leads.contact.models import Contact
from services.leads.contact.schemas import ContactCreate, ContactUpdate, RateContact
from tests.leads.samples import HISTORY, hire

MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


async def opened(caller: Caller, country: str = "") -> Account:
    return await caller(accounts.create_account, AccountCreate(name="Acme", country=country))


def wang(account: Account, **fields: object) -> ContactCreate:
    return ContactCreate(account_id=account.id, name="王静", **fields)  # type: ignore[arg-type]  # fields of a contact


async def primaries(caller: Caller, account: Account) -> list[UUID]:
    path = f"/v1/contacts?account_id={account.id}&is_primary=true"
    return [UUID(item["id"]) for item in (await caller.get(path)).json()["items"]]


async def test_a_contact_is_whose_the_account_is(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    new = AccountCreate(name="Acme", owner_id=owner)
    account = await director(accounts.create_account, new)
    contact = await director(commands.create_contact, wang(account))
    assert (contact.owner_id, contact.team) == (owner, "cn/west")


async def test_a_number_is_kept_as_one_number(seller: Caller) -> None:
    at_home, abroad = await opened(seller), await opened(seller, "US")
    contact = await seller(commands.create_contact, wang(at_home, phone="138 0013 8000"))
    assert contact.phone == "+8613800138000"
    moved = ContactUpdate(account_id=abroad.id, phone="(202) 555-0143")
    contact = await seller(commands.update_contact, contact.id, moved)
    assert contact.phone == "+12025550143"
    gone = await seller(commands.update_contact, contact.id, ContactUpdate(phone=None))
    assert gone.phone is None
    for command, given in (
        (commands.create_contact, (wang(at_home, phone="123"),)),
        (commands.update_contact, (contact.id, ContactUpdate(phone="123"))),
    ):
        with pytest.raises(Invalid) as refused:
            await seller(command, *given)
        assert refused.value.code == "phone.invalid"


async def test_an_account_has_one_primary_contact_at_most(seller: Caller) -> None:
    account = await opened(seller)
    first = await seller(commands.create_contact, wang(account, is_primary=True))
    second = await seller(commands.create_contact, wang(account, is_primary=True))
    assert await primaries(seller, account) == [second.id]
    await seller(commands.update_contact, first.id, ContactUpdate(is_primary=True))
    assert await primaries(seller, account) == [first.id]
    again = await seller(commands.update_contact, first.id, ContactUpdate(is_primary=True))
    assert again.version == 3
    await seller(commands.update_contact, first.id, ContactUpdate(is_primary=False))
    assert await primaries(seller, account) == []


async def test_of_many_who_become_primary_at_once_one_is(seller: Caller) -> None:
    account = await opened(seller)
    new = wang(account, is_primary=True)
    made = await asyncio.gather(
        *(seller(commands.create_contact, new) for _ in range(4)), return_exceptions=True
    )
    assert len(await primaries(seller, account)) == 1
    assert all(isinstance(each, Contact | Stale) for each in made)


async def test_a_second_primary_contact_meets_the_constraint(seller: Caller) -> None:
    account = await opened(seller)
    new = wang(account, is_primary=True)
    first, second = (seller.executor.open(Call(seller.actor)) for _ in range(2))
    for tx in (first, second):
        await commands.create_contact(tx, new)
    await seller.executor.commit(first)
    with pytest.raises(Stale):
        await seller.executor.commit(second)


async def test_who_changes_companies_leaves_the_primary_place_behind(seller: Caller) -> None:
    old, new = await opened(seller), await opened(seller)
    there = await seller(commands.create_contact, wang(new, is_primary=True))
    contact = await seller(commands.create_contact, wang(old, is_primary=True))
    moved = await seller(commands.update_contact, contact.id, ContactUpdate(account_id=new.id))
    assert (moved.account_id, moved.is_primary) == (new.id, False)
    assert await primaries(seller, new) == [there.id]
    back = ContactUpdate(account_id=old.id, is_primary=True)
    assert (await seller(commands.update_contact, contact.id, back)).is_primary


async def test_a_relationship_is_dated_and_judged_in_order(login: Login) -> None:
    historian = await login("leads", "admin", scopes=[HISTORY])
    contact = await historian(commands.create_contact, wang(await opened(historian)))
    rated = await historian(
        commands.rate_contact, contact.id, RateContact(level=4), occurred_at=JUNE
    )
    assert (rated.relationship_level, rated.relationship_at) == (4, JUNE)
    with pytest.raises(Conflict) as refused:
        await historian(commands.rate_contact, contact.id, RateContact(level=1), occurred_at=MAY)
    assert refused.value.code == "contact.rated_since"
    assert await historian.emitted(contact.id) == ["contact.created.v1", "contact.rated.v1"]


async def test_who_is_known_from_the_start_has_a_dated_relationship(login: Login) -> None:
    historian = await login("leads", "admin", scopes=[HISTORY])
    account = await opened(historian)
    known = wang(account, relationship_level=2)
    contact = await historian(commands.create_contact, known, occurred_at=MAY)
    assert (contact.relationship_level, contact.relationship_at) == (2, MAY)
    stranger = await historian(commands.create_contact, wang(account))
    assert (stranger.relationship_level, stranger.relationship_at) == (None, None)


async def test_who_is_put_away_comes_back_to_whoever_has_the_account(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    account = await opened(director)
    contact = await director(commands.create_contact, wang(account, is_primary=True))
    gone = await director(commands.delete_contact, contact.id)
    assert not gone.is_primary
    with pytest.raises(NotFound):
        await director(commands.rate_contact, contact.id, RateContact(level=1))
    heir = await hire(house, tenant, "cn/west", "Sichuan")
    await director(accounts.update_account, account.id, AccountUpdate(owner_id=heir))
    back = await director(commands.restore_contact, contact.id)
    assert (back.owner_id, back.team, back.is_primary) == (heir, "cn/west", False)


async def test_a_contact_of_an_account_that_is_gone_comes_back_all_the_same(
    seller: Caller,
) -> None:
    account = await opened(seller)
    contact = await seller(commands.create_contact, wang(account))
    await seller(commands.delete_contact, contact.id)
    await seller(accounts.delete_account, account.id)
    back = await seller(commands.restore_contact, contact.id)
    assert (back.deleted_at, back.owner_id) == (None, account.owner_id)


async def test_only_who_may_change_an_account_adds_somebody_to_it(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    account = await opened(seller)
    mine = await other(commands.create_contact, wang(await opened(other)))
    with pytest.raises(Forbidden):
        await other(commands.create_contact, wang(account))
    with pytest.raises(Forbidden):
        await other(commands.update_contact, mine.id, ContactUpdate(account_id=account.id))
    missing = ContactCreate(account_id=ids.new(), name="王静")
    with pytest.raises(NotFound):
        await seller(commands.create_contact, missing)
    stranger = await login("leads", "admin", tenant=ids.new())
    with pytest.raises(NotFound):
        await stranger(commands.create_contact, wang(account))
