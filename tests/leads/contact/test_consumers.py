from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.leads import AccountState, AccountUpdated
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.schemas import AccountUpdate
from services.leads.contact.consumers import follow_account
from tests.leads.samples import hear, hire, new_account, new_contact

WHOSE = ["owner_id", "team"]


def told(account: Account, *changed: str) -> AccountUpdated:
    state = AccountState(
        **{name: getattr(account, name) for name in AccountState.__struct_fields__}
    )
    now = clock.now()
    return AccountUpdated(
        ids.new(),
        account.tenant_id,
        account.id,
        account.version,
        now,
        now,
        "system",
        None,
        None,
        state,
        {name: (None, None) for name in changed},
    )


async def handed_over(director: Caller, heir: UUID, account_id: str) -> Account:
    return await director(accounts.update_account, UUID(account_id), AccountUpdate(owner_id=heir))


async def test_contacts_follow_their_account_to_its_new_owner(
    house: House, director: Caller, tenant: UUID
) -> None:
    heir = await hire(house, tenant, "cn/west", "Sichuan")
    account, other = await new_account(director), await new_account(director)
    wang, li = await new_contact(director, account), await new_contact(director, account)
    stays = await new_contact(director, other)
    after = await handed_over(director, heir, account["id"])
    for _ in range(2):
        await hear(house, follow_account, told(after, *WHOSE))
    for contact in (wang, li):
        shown = (await director.get(f"/v1/contacts/{contact['id']}")).json()
        assert (shown["owner_id"], shown["team"], shown["version"]) == (str(heir), "cn/west", 2)
    assert await director.emitted(wang["id"]) == ["contact.created.v1", "contact.handed_over.v1"]
    assert (await director.get(f"/v1/contacts/{stays['id']}")).json() == stays


async def test_an_event_that_is_late_takes_contacts_to_whoever_has_the_account_now(
    house: House, director: Caller, tenant: UUID
) -> None:
    first, second = [await hire(house, tenant, "cn/west", "Sichuan") for _ in "12"]
    account = await new_account(director)
    contact = await new_contact(director, account)
    late = await handed_over(director, first, account["id"])
    await handed_over(director, second, account["id"])
    await hear(house, follow_account, told(late, *WHOSE))
    shown = (await director.get(f"/v1/contacts/{contact['id']}")).json()
    assert shown["owner_id"] == str(second)


async def test_nothing_follows_where_nobody_new_has_the_account(
    house: House, director: Caller, tenant: UUID
) -> None:
    heir = await hire(house, tenant, "cn/west", "Sichuan")
    account = await new_account(director)
    contact = await new_contact(director, account)
    after = await handed_over(director, heir, account["id"])
    await hear(house, follow_account, told(after, "name"))
    await director.delete(f"/v1/accounts/{account['id']}")
    await hear(house, follow_account, told(after, *WHOSE))
    assert (await director.get(f"/v1/contacts/{contact['id']}")).json() == contact


async def test_a_handover_that_another_overtakes_is_decided_anew(
    house: House, director: Caller, tenant: UUID
) -> None:
    """Between the reading of the account and the writing of its contacts it moves once more."""
    heirs = [await hire(house, tenant, "cn/west", "Sichuan") for _ in "12"]
    account = await new_account(director)
    contact = await new_contact(director, account)
    after = await handed_over(director, heirs[0], account["id"])
    overtaken: list[Account] = []

    async def act(tx: Tx, event: AccountUpdated) -> object:
        moved = await follow_account.act(tx, event)
        if not overtaken:
            overtaken.append(await handed_over(director, heirs[1], account["id"]))
        return moved

    slow = type(follow_account)(AccountUpdated, act)  # type: ignore[arg-type]  # answers what the other answers
    await hear(house, slow, told(after, *WHOSE))
    shown = (await director.get(f"/v1/contacts/{contact['id']}")).json()
    assert shown["owner_id"] == str(heirs[1])


async def test_contacts_hear_of_their_account_by_the_broker(
    house: House, director: Caller, tenant: UUID
) -> None:
    await house.work("leads")
    heir = await hire(house, tenant, "cn/west", "Sichuan")
    account = await new_account(director)
    contact = await new_contact(director, account)
    await handed_over(director, heir, account["id"])
    await house.caught_up("leads", "leads")
    shown = (await director.get(f"/v1/contacts/{contact['id']}")).json()
    assert shown["owner_id"] == str(heir)
