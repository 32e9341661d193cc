"""A ledger of which something was erased still proves itself; nobody erases but by an erasure."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.proof.chain import check_ledger
from crmkit.proof.export import export_ledger
from crmkit.proof.snapshots import snapshot
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.crmkit.proof.conftest import Spoil, spoilt
from tests.leads.erasure_samples import GROUND, a_lead_of, somebody
from tests.leads.samples import made, new_lead

__all__ = ["spoilt"]
PROGRAM = Path(__file__).parents[3] / "deploy" / "verify" / "verify_ledger.py"
_DATA = "select data from event where aggregate_id = $1 and version = 1"
_REWRITE = "update event set data = $2 where aggregate_id = $1 and version = 1"


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_ledger", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def an_erased_lead(login: Login) -> dict[str, Any]:
    admin = await login("leads", "admin")
    lead = await a_lead_of(admin, somebody())
    return await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)


async def told_wrong(spoilt: Spoil, tenant: UUID, *spoil: Any) -> set[tuple[str, str]]:
    """What is wrong of a tenant's events, by record or event and field."""
    async with spoilt("leads") as connection:
        if spoil:
            await connection.execute(*spoil)
        found = (await check_ledger(connection, "leads")).differences
    return {(each.row, each.field) for each in found if each.tenant_id == tenant}


async def test_what_is_left_of_events_is_proved_by_their_erasure(
    house: House, login: Login, tenant: UUID, spoilt: Spoil
) -> None:
    await house.work("leads", "webhooks")
    lead = await an_erased_lead(login)
    await house.caught_up("leads", "webhooks")
    async with snapshot(house.service("leads")) as connection:
        finding = await check_ledger(connection, "leads")
        data = json.loads(await connection.fetchval(_DATA, UUID(lead["id"])))
    assert finding.erased >= 4
    assert await told_wrong(spoilt, tenant) == set()
    data["state"]["source"] = "fair"
    forged = json.dumps(data, separators=(",", ":"), sort_keys=True)
    record = UUID(lead["id"])
    assert await told_wrong(spoilt, tenant, _REWRITE, record, forged) == {(lead["id"], "remains")}


async def test_who_erases_by_hand_is_found_out(
    house: House, login: Login, tenant: UUID, spoilt: Spoil
) -> None:
    await house.work("leads", "webhooks")
    lead = await new_lead(await login("leads", "admin"))
    await house.caught_up("leads", "webhooks")
    by_hand = "update event set salt = '', data = $2 where aggregate_id = $1"
    left = '{"changed":{},"erased":true,"state":{"id":"' + lead["id"] + '"}}'
    found = await told_wrong(spoilt, tenant, by_hand, UUID(lead["id"]), left)
    assert found == {(lead["id"], "remains")}


async def test_an_export_with_erased_events_is_whole_for_a_stranger(
    house: House, login: Login, tmp_path: Path
) -> None:
    await house.work("leads", "webhooks")
    lead = await an_erased_lead(login)
    await house.caught_up("leads", "webhooks")
    out = tmp_path / "leads.jsonl"
    await export_ledger(house.service("leads"), out)
    said, faults = program().check(str(out), [])
    assert faults == [], faults
    assert "(0 erased)" not in said
    text = out.read_text()
    at = text.index('\\"erased\\":true', text.index(lead["id"]))
    forged = text[:at] + text[at:].replace('\\"source\\":\\"web\\"', '\\"source\\":\\"fair\\"', 1)
    out.write_text(forged)
    (fault,) = program().check(str(out), [])[1]
    assert fault == f"record {lead['id']}: nobody erased it like this"


_MARKED = "data::jsonb || '{\"erased\":true}'"


@pytest.mark.parametrize(
    "change",
    [
        "data = data",
        "data = '{}', salt = ''",
        "salt = ''",
        f"salt = '', data = jsonb_set({_MARKED}, '{{state,source}}', '\"x\"')::json",
        f"salt = '', data = jsonb_set({_MARKED}, '{{state,nosuch}}', '\"x\"')::json",
        f"salt = '', data = jsonb_set({_MARKED}, '{{changed,source}}', '[1, 2]')::json",
        f"salt = 'x', data = ({_MARKED})::json",
    ],
)
async def test_who_serves_requests_empties_events_and_rewrites_none(
    house: House, login: Login, tenant: UUID, change: str
) -> None:
    lead = await new_lead(await login("leads", "admin"))
    app = (await house.executor("leads")).database
    sql = f"update event set {change} where aggregate_id = $1"
    async with app.lend(tenant) as connection:
        with pytest.raises(asyncpg.PostgresError, match="emptied, or left as it was told"):
            await connection.execute(sql, UUID(lead["id"]))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update event set actor = 'x'")
