"""What is kept of every version that others told, to be read as of an instant, is compared too."""

from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.proof.copies import MirrorCheck
from crmkit.proof.findings import Finding
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.crmkit.proof.conftest import Spoil
from tests.identity.samples import SHANGHAI, new_member

_TABLES = {
    "deal_version": ("opportunities", "opportunity"),
    "directory_member_version": ("identity", "member"),
    "directory_tenant_version": ("identity", "tenant"),
}


@dataclass(frozen=True)
class Told:
    """A tenant with a member and a deal, of all of which forecast has heard."""

    tenant: UUID


@pytest_asyncio.fixture(loop_scope="session")
async def told(house: House, login: Login, tenant: UUID) -> Told:
    for name in ("leads", "contracts"):
        await house.executor(name)
    await house.work("identity", "opportunities", "forecast")
    admin = await login("identity", "admin")
    assert (await admin.put("/v1/tenant", json=SHANGHAI)).is_success
    await new_member(admin)
    await house.caught_up("identity", "forecast")
    seller = await login("opportunities", "sales_manager")
    price = {"amount": "1200.50", "currency": "CNY"}
    made = await seller.post("/v1/opportunities", json={"name": "磨床", "amount": price})
    assert made.status_code == 201, made.text
    await house.caught_up("opportunities", "forecast")
    return Told(tenant)


async def look(
    house: House, spoilt: Spoil, told: Told, table: str, *spoils: str, unheard: bool = False
) -> Finding:
    """What is found of a table of forecast's after statements, whose $1 is the tenant."""
    owner, aggregate = _TABLES[table]
    (mirror,) = [m for m in house.service("forecast").mirrors if m.table == table]
    assert mirror.aggregate == aggregate
    async with spoilt("forecast") as kept, spoilt(owner) as teller:
        for sql in spoils:
            await kept.execute(sql, told.tenant)
        if unheard:
            await kept.execute("delete from watermark where producer = $1", owner)
        return await MirrorCheck(mirror, "forecast", owner, 4, told.tenant).run(kept, teller)


@pytest.mark.parametrize("table", _TABLES)
async def test_versions_that_nobody_touched_are_equal(
    house: House, spoilt: Spoil, told: Told, table: str
) -> None:
    finding = await look(house, spoilt, told, table)
    assert (finding.looked_at, finding.wrong, finding.behind) == (1, 0, 0)


@pytest.mark.parametrize("table", _TABLES)
async def test_a_version_that_is_gone_is_named(
    house: House, spoilt: Spoil, told: Told, table: str
) -> None:
    finding = await look(house, spoilt, told, table, f"delete from {table} where tenant_id = $1")
    assert [(d.field, d.kept) for d in finding.differences] == [("version", "nothing")]


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("deal_version", "amount", "amount + 1"),
        ("deal_version", "updated_at", "updated_at - interval '1 day'"),
        ("directory_member_version", "team", "'x/y'"),
        ("directory_member_version", "recorded_at", "recorded_at - interval '1 day'"),
        ("directory_member_version", "event_id", "null"),
        ("directory_tenant_version", "time_zone", "'UTC'"),
    ],
)
async def test_a_version_that_was_rewritten_is_named(
    house: House, spoilt: Spoil, told: Told, table: str, field: str, value: str
) -> None:
    sql = f"update {table} set {field} = {value} where tenant_id = $1"
    finding = await look(house, spoilt, told, table, sql)
    assert [d.field for d in finding.differences] == [field]


_SURPLUS = """
insert into directory_member_version
select tenant_id, id, 99, name, 'x/y', region, active, recorded_at
from directory_member_version where tenant_id = $1
"""


async def test_a_version_that_nobody_told_is_named_though_it_says_no_event(
    house: House, spoilt: Spoil, told: Told
) -> None:
    finding = await look(house, spoilt, told, "directory_member_version", _SURPLUS)
    (found,) = finding.differences
    assert (found.field, found.kept, found.wanted) == ("row", "there", "no event")
    assert found.row.endswith("version 99")


async def test_what_stood_there_before_versions_were_kept_waits_for_its_event(
    house: House, spoilt: Spoil, told: Told
) -> None:
    old = (
        "update directory_member_version set event_id = null, recorded_at = '-infinity'"
        " where tenant_id = $1"
    )
    finding = await look(house, spoilt, told, "directory_member_version", old, unheard=True)
    assert (finding.wrong, finding.behind) == (0, 1)
