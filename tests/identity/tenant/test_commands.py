import asyncio
from uuid import UUID

import pytest

from crmkit.kernel.errors import Conflict, Forbidden, Stale
from crmkit.testing.plugin import Login
from services.identity.tenant import commands
from services.identity.tenant.schemas import TenantPut

ACME = TenantPut(name="Acme", time_zone="Asia/Shanghai", base_currency="CNY")


async def test_a_tenant_is_one_row_whose_id_is_its_own(login: Login, tenant: UUID) -> None:
    admin = await login("identity", "admin")
    made = await admin(commands.put_tenant, ACME)
    assert (made.id, made.tenant_id, made.version) == (tenant, tenant, 1)
    assert made.fiscal_year_start == 1
    assert await admin.emitted(tenant) == ["tenant.created.v1"]


async def test_a_tenant_is_replaced_whole(login: Login, tenant: UUID) -> None:
    admin = await login("identity", "admin")
    await admin(commands.put_tenant, ACME.model_copy(update={"fiscal_year_start": 4}))
    replaced = await admin(commands.put_tenant, ACME, expected=1)
    assert (replaced.version, replaced.fiscal_year_start) == (2, 1)
    assert await admin.emitted(tenant) == ["tenant.created.v1", "tenant.updated.v1"]


async def test_a_tenant_is_not_replaced_unseen(login: Login) -> None:
    admin = await login("identity", "admin")
    await admin(commands.put_tenant, ACME)
    with pytest.raises(Conflict) as refused:
        await admin(commands.put_tenant, ACME)
    assert refused.value.code == "version.required"
    with pytest.raises(Stale):
        await admin(commands.put_tenant, ACME, expected=2)


async def test_two_who_set_a_tenant_up_at_once_make_one(login: Login, tenant: UUID) -> None:
    admin = await login("identity", "admin")
    answers = await asyncio.gather(
        *(admin(commands.put_tenant, ACME) for _ in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await admin.emitted(tenant) == ["tenant.created.v1"]


@pytest.mark.parametrize("role", ["sales_director", "finance", "auditor", "partner"])
async def test_only_an_admin_sets_a_tenant_up(login: Login, role: str) -> None:
    caller = await login("identity", role)
    with pytest.raises(Forbidden):
        await caller(commands.put_tenant, ACME)
