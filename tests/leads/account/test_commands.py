from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Forbidden, NotFound, Stale
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.account import commands
from services.leads.account.schemas import AccountCreate, AccountUpdate
from tests.leads.samples import hire

GROUP = AccountCreate(name="Acme Group")


async def test_an_account_takes_the_region_of_its_owner_or_its_own(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    plain = AccountCreate(name="Acme", owner_id=owner)
    account = await director(commands.create_account, plain)
    assert (account.team, account.region) == ("cn/west", "Sichuan")
    placed = plain.model_copy(update={"region": "Yunnan"})
    account = await director(commands.create_account, placed)
    assert (account.team, account.region) == ("cn/west", "Yunnan")


async def test_an_account_handed_over_goes_to_the_new_owners_team(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    account = await director(commands.create_account, GROUP)
    moved = await director(commands.update_account, account.id, AccountUpdate(owner_id=owner))
    assert (moved.owner_id, moved.team) == (owner, "cn/west")


async def test_accounts_form_a_tree(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    group = await seller(commands.create_account, GROUP)
    branch = await seller(commands.create_account, AccountCreate(name="Branch", parent_id=group.id))
    shop = await seller(commands.create_account, AccountCreate(name="Shop"))
    shop = await seller(commands.update_account, shop.id, AccountUpdate(parent_id=branch.id))
    assert shop.parent_id == branch.id
    for below in (group, branch, shop):
        with pytest.raises(Conflict) as refused:
            await seller(commands.update_account, group.id, AccountUpdate(parent_id=below.id))
        assert refused.value.code == "account.cycle"
    freed = await seller(commands.update_account, shop.id, AccountUpdate(parent_id=None))
    assert freed.parent_id is None


async def test_two_accounts_put_below_each_other_at_once_form_no_circle(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    one = await seller(commands.create_account, GROUP)
    two = await seller(commands.create_account, GROUP)
    first, second = (seller.executor.open(Call(seller.actor)) for _ in range(2))
    await commands.update_account(first, one.id, AccountUpdate(parent_id=two.id))
    await commands.update_account(second, two.id, AccountUpdate(parent_id=one.id))
    await seller.executor.commit(first)
    with pytest.raises(Stale):
        await seller.executor.commit(second)


async def test_two_groups_put_below_each_other_at_once_form_no_circle(login: Login) -> None:
    """A goes below B and C below D, where B stands below C and D below A."""
    seller = await login("leads", "sales_rep")

    async def account(parent_id: UUID | None = None) -> UUID:
        new = AccountCreate(name="Acme", parent_id=parent_id)
        return (await seller(commands.create_account, new)).id

    a, c = await account(), await account()
    b, d = await account(c), await account(a)
    first, second = (seller.executor.open(Call(seller.actor)) for _ in range(2))
    await commands.update_account(first, a, AccountUpdate(parent_id=b))
    await commands.update_account(second, c, AccountUpdate(parent_id=d))
    await seller.executor.commit(first)
    with pytest.raises(Stale):
        await seller.executor.commit(second)


async def test_a_parent_must_be_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    with pytest.raises(NotFound):
        await seller(commands.create_account, AccountCreate(name="Shop", parent_id=ids.new()))
    account = await seller(commands.create_account, GROUP)
    with pytest.raises(NotFound):
        await seller(commands.update_account, account.id, AccountUpdate(parent_id=ids.new()))


async def test_the_same_account_of_another_system_exists_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    known = AccountCreate(name="Acme", external_system="erp", external_id="C-1")
    await seller(commands.create_account, known)
    with pytest.raises(Conflict) as refused:
        await seller(commands.create_account, known)
    assert refused.value.code == "account.exists"


async def test_an_account_put_away_comes_back(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await seller(commands.create_account, GROUP)
    await seller(commands.delete_account, account.id)
    with pytest.raises(NotFound):
        await seller(commands.update_account, account.id, AccountUpdate(name="Other"))
    await seller(commands.restore_account, account.id)
    assert await seller.emitted(account.id) == [
        "account.created.v1",
        "account.deleted.v1",
        "account.restored.v1",
    ]


async def test_sellers_read_each_others_accounts_but_write_their_own(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    account = await seller(commands.create_account, GROUP)
    with pytest.raises(Forbidden):
        await other(commands.update_account, account.id, AccountUpdate(name="Mine"))
    with pytest.raises(Forbidden):
        await other(commands.delete_account, account.id)
