"""Values of custom fields that a trigger did not make of a record are found and named."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.messaging.mirrors import Difference
from crmkit.proof.custom import check_custom, custom_tables
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.crmkit.proof.conftest import Spoil
from tests.leads.lead.test_custom import define
from tests.leads.samples import a_lead

_VALUES: dict[str, Any] = {
    "url": f"https://a.example/{'x' * 200}",
    "number": "-3.000001",
    "money": {"amount": "1200.50", "currency": "CNY"},
    "day": "2026-01-05",
    "bool": True,
    "multi-choice": ["tin", "gold"],
}
_KEEP = (
    "insert into custom_value (tenant_id, id, key, value, number) values ($1, {}, '{}', '7', {})"
)


@dataclass(frozen=True)
class Known:
    """A lead with a value of each kind, and the tenant it is of."""

    tenant: UUID
    lead: UUID


@pytest_asyncio.fixture(loop_scope="session")
async def known(login: Login, tenant: UUID) -> Known:
    admin = await login("leads", "admin")
    for kind in _VALUES:
        await define(admin, kind.replace("-", "_"), kind)
    custom = {kind.replace("-", "_"): value for kind, value in _VALUES.items()}
    made = await admin.post("/v1/leads", json=a_lead(custom=custom))
    assert made.status_code == 201, made.text
    return Known(tenant, UUID(made.json()["id"]))


async def found(spoilt: Spoil, known: Known, *spoils: str) -> list[Difference]:
    async with spoilt("leads") as connection:
        before = await check_custom(connection, "leads", ["lead"], known.tenant)
        for sql in spoils:
            await connection.execute(sql, known.tenant)
        after = await check_custom(connection, "leads", ["lead"], known.tenant)
    assert (before.looked_at, before.wrong) == (7, 0)
    return after.differences


def test_the_records_that_carry_custom_fields_are_known(house: House) -> None:
    assert custom_tables(house.service("leads")) == ["account", "activity", "contact", "lead"]
    assert custom_tables(house.service("opportunities")) == ["opportunity"]
    assert custom_tables(house.service("identity")) == []


@pytest.mark.parametrize(
    ("spoil", "kept", "wanted"),
    [
        ("delete from custom_value where tenant_id = $1", "nothing", '[["-3.000001", -3000001]]'),
        (
            "update custom_value set number = 4 where tenant_id = $1 and key = 'number'",
            '[["-3.000001", 4]]',
            '[["-3.000001", -3000001]]',
        ),
        (
            "update custom_value set value = '5' where tenant_id = $1 and key = 'number'",
            '[["5", -3000001]]',
            '[["-3.000001", -3000001]]',
        ),
    ],
    ids=["deleted", "number", "value"],
)
async def test_a_value_that_is_gone_or_another_is_named(
    spoilt: Spoil, known: Known, spoil: str, kept: str, wanted: str
) -> None:
    named = {d.field: d for d in await found(spoilt, known, spoil)}
    number = named["number"]
    assert (number.table, number.tenant_id) == ("custom_value", known.tenant)
    assert (number.row, number.kept, number.wanted) == (str(known.lead), kept, wanted)
    assert len(named) == (6 if kept == "nothing" else 1)


async def test_values_too_many_are_named(spoilt: Spoil, known: Known) -> None:
    stranger = UUID(int=1)
    named = await found(
        spoilt,
        known,
        _KEEP.format(f"'{stranger}'", "number", "7000000"),
        _KEEP.format(f"'{known.lead}'", "multi_choice", "null"),
        _KEEP.format(f"'{known.lead}'", "unheard_of", "null"),
    )
    assert {(d.row, d.field, d.wanted) for d in named} == {
        (str(stranger), "number", "nothing"),
        (str(known.lead), "multi_choice", '[["gold", null], ["tin", null]]'),
        (str(known.lead), "unheard_of", "nothing"),
    }
