"""A token that holds of somebody who left: every service refuses it by every way."""

from uuid import UUID

import pytest

from crmkit.kernel.actor import Actor
from crmkit.service import services
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from crmkit.web import leavers
from crmkit.web.leavers import Leavers
from tests.hostile.doors import told_by
from tests.identity.samples import new_member

_LEFT = """
insert into directory_member (tenant_id, id, version, name, team, region, active, roles)
values ($1, $2, 1, 'Li', '', '', $3, '[]')
on conflict (tenant_id, id) do update set active = excluded.active
"""
_INACTIVE = "403 member.inactive"


async def tell(house: House, service: str, tenant: UUID, member: UUID, *, active: bool) -> None:
    async with (await house.system(service)).system() as connection:
        await connection.execute(_LEFT, tenant, member, active)


@pytest.mark.parametrize("name", [service.name for service in services()])
async def test_every_service_refuses_who_left(
    house: House, login: Login, tenant: UUID, name: str
) -> None:
    gone, other = await login(name, "admin"), await login(name, "admin")
    await tell(house, name, tenant, gone.actor.member_id, active=False)
    await tell(house, name, tenant, other.actor.member_id, active=True)
    query = {"query": "{ __typename }"}
    for _ in range(2):
        assert told_by(await gone.get("/v1/limits")).told == _INACTIVE
        assert told_by(await gone.post(f"/graphql/{name}", json=query)).told == _INACTIVE
    assert (await other.get("/v1/limits")).status_code == 200
    assert (await other.post(f"/graphql/{name}", json=query)).status_code == 200


async def test_who_left_is_let_in_where_nobody_asks(
    house: House, login: Login, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    async def nobody(_: Leavers, __: Actor) -> None:
        """Refuses nobody."""

    monkeypatch.setattr(Leavers, "refuse", nobody)
    with pytest.raises(AssertionError):
        await test_every_service_refuses_who_left(house, login, tenant, "leads")


async def test_who_is_deactivated_writes_no_more_and_who_comes_back_does(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leavers, "KEEP_SECONDS", 0.2)
    await house.work("identity", "leads")
    admin = await login("identity", "admin")
    path = f"/v1/members/{(made := await new_member(admin))['id']}"
    person = await login("leads", "admin", member=UUID(made["id"]))

    async def answered(wanted: str) -> bool:
        lead = {"company": "Acme", "source": "web"}
        return told_by(await person.post("/v1/leads", json=lead)).told == wanted

    await until(lambda: answered("201"))
    assert (await admin.post(f"{path}/deactivate")).status_code == 200
    await until(lambda: answered(_INACTIVE))
    assert (await admin.post(f"{path}/reactivate")).status_code == 200
    await until(lambda: answered("201"))
