from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Forbidden, Invalid, Stale
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.identity.member import commands
from services.identity.member.domain import Role
from services.identity.member.models import Member
from services.identity.member.schemas import MemberCreate, MemberUpdate


async def hired(admin: Caller, name: str, manager: Member | None = None) -> Member:
    new = MemberCreate(name=name, manager_id=manager.id if manager else None)
    return await admin(commands.create_member, new)


async def test_a_member_may_come_with_the_id_their_provider_knows(login: Login) -> None:
    admin = await login("identity", "admin")
    subject = ids.new()
    member = await admin(commands.create_member, MemberCreate(id=subject, name="Li Wei"))
    assert (member.id, member.active, member.roles) == (subject, True, [])
    with pytest.raises(Conflict) as refused:
        await admin(commands.create_member, MemberCreate(id=subject, name="Zhang Min"))
    assert refused.value.code == "member.exists"


async def test_roles_come_back_from_the_database_as_they_went_in(login: Login) -> None:
    admin = await login("identity", "admin")
    roles = [Role.SALES_MANAGER, Role.SALES_REP]
    made = await admin(commands.create_member, MemberCreate(name="Li Wei", roles=roles))
    moved = await admin(commands.update_member, made.id, MemberUpdate(team="cn/west"))
    assert made.roles == moved.roles == ["sales_rep", "sales_manager"]
    assert moved.team == "cn/west"


async def test_an_address_belongs_to_one_member_of_a_tenant(login: Login) -> None:
    admin = await login("identity", "admin")
    stranger = await login("identity", "admin", tenant=ids.new())
    li = MemberCreate(name="Li Wei", email="Li@Acme.CN")
    assert (await admin(commands.create_member, li)).email == "li@acme.cn"
    with pytest.raises(Conflict) as refused:
        await admin(commands.create_member, MemberCreate(name="Li Na", email="li@acme.cn"))
    assert refused.value.extra["rule"] == "member_email_key"
    await stranger(commands.create_member, li)
    await hired(admin, "without an address")
    await hired(admin, "without an address either")


async def test_a_manager_works_here(login: Login) -> None:
    admin = await login("identity", "admin")
    with pytest.raises(Invalid) as refused:
        await admin(commands.create_member, MemberCreate(name="Li Wei", manager_id=ids.new()))
    assert refused.value.code == "member.unknown_manager"
    assert refused.value.faults[0].pointer == "/manager_id"


async def test_members_report_upwards_without_a_circle(login: Login) -> None:
    admin = await login("identity", "admin")
    chief = await hired(admin, "chief")
    manager = await hired(admin, "manager", chief)
    seller = await hired(admin, "seller", manager)
    for below in (chief, manager, seller):
        with pytest.raises(Conflict) as refused:
            await admin(commands.update_member, chief.id, MemberUpdate(manager_id=below.id))
        assert refused.value.code == "member.cycle"
    freed = await admin(commands.update_member, manager.id, MemberUpdate(manager_id=None))
    assert freed.manager_id is None
    turned = await admin(commands.update_member, chief.id, MemberUpdate(manager_id=seller.id))
    assert turned.manager_id == seller.id


async def test_a_member_cannot_be_born_as_their_own_manager(login: Login) -> None:
    admin = await login("identity", "admin")
    subject = ids.new()
    with pytest.raises(Conflict):
        await admin(
            commands.create_member, MemberCreate(id=subject, name="Li Wei", manager_id=subject)
        )


async def test_two_changes_at_once_close_no_circle(login: Login) -> None:
    """A to B and C to D, where B reports to C and D to A."""
    admin = await login("identity", "admin")
    c, a = await hired(admin, "c"), await hired(admin, "a")
    b, d = await hired(admin, "b", c), await hired(admin, "d", a)
    one, two = (admin.executor.open(Call(admin.actor)) for _ in range(2))
    await commands.update_member(one, a.id, MemberUpdate(manager_id=b.id))
    await commands.update_member(two, c.id, MemberUpdate(manager_id=d.id))
    await admin.executor.commit(one)
    with pytest.raises(Stale):
        await admin.executor.commit(two)


async def test_a_member_leaves_and_comes_back(login: Login) -> None:
    admin = await login("identity", "admin")
    member = await hired(admin, "Li Wei")
    assert (await admin(commands.deactivate_member, member.id)).active is False
    with pytest.raises(Conflict):
        await admin(commands.deactivate_member, member.id)
    assert (await admin(commands.reactivate_member, member.id)).active is True
    with pytest.raises(Conflict):
        await admin(commands.reactivate_member, member.id)
    assert await admin.emitted(member.id) == [
        "member.created.v1",
        "member.deactivated.v1",
        "member.reactivated.v1",
    ]


@pytest.mark.parametrize("role", ["sales_director", "sales_rep", "auditor", "partner"])
async def test_only_an_admin_changes_members(login: Login, role: str) -> None:
    admin, caller = await login("identity", "admin"), await login("identity", role)
    member = await hired(admin, "Li Wei")
    with pytest.raises(Forbidden):
        await hired(caller, "Zhang Min")
    with pytest.raises(Forbidden):
        await caller(commands.update_member, member.id, MemberUpdate(roles=[Role.ADMIN]))
    with pytest.raises(Forbidden):
        await caller(commands.deactivate_member, member.id)


@pytest.mark.slow
async def test_who_joins_may_own_leads_from_then_on(
    login: Login, house: House, tenant: UUID
) -> None:
    admin = await login("identity", "admin")
    director = await login("leads", "sales_director")
    await house.work("identity", "leads")
    new = MemberCreate(name="Li Wei", team="cn/east/ningbo", region="Zhejiang")
    member = await admin(commands.create_member, new)
    await house.caught_up("identity", "leads")
    lead = {"company": "Acme", "source": "web", "owner_id": str(member.id)}
    made = await director.post("/v1/leads", json=lead)
    assert made.status_code == 201
    assert (made.json()["team"], made.json()["region"]) == ("cn/east/ningbo", "Zhejiang")
    await admin(commands.deactivate_member, member.id)
    await house.caught_up("identity", "leads")

    async def refused() -> bool:
        answer = await director.post("/v1/leads", json=lead)
        return (answer.status_code, answer.json().get("code")) == (422, "owner.unknown")

    await until(refused)
