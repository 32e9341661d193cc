"""The monitor walks all there is, counts what it looks at, and names what is wrong."""

import asyncio
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from crmkit.db.pool import Connection
from crmkit.local.demo_data import TENANT
from crmkit.messaging.mirrors import Difference, Sum
from crmkit.metrics import REGISTRY
from crmkit.proof import monitor
from crmkit.proof.custom import custom_tables
from crmkit.proof.monitor import Monitor
from crmkit.proof.window import WINDOW
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.reporting.app import service as reporting
from tests.crmkit.proof.conftest import Story


def counted(name: str, service: str, kind: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": service, "kind": kind}) or 0


async def test_every_entry_is_looked_at_in_so_many_turns(house: House, login: Login) -> None:
    await house.work("identity", "reporting")  # the former's ledger is short
    admin = await login("identity", "admin")
    for n in range(WINDOW + 1):
        known = {"if-match": f'"{n}"'} if n else {}
        body = TENANT | {"name": f"Name {n}"}
        answer = await admin.put("/v1/tenant", json=body, headers=known)
        assert answer.is_success, answer.text
    await house.caught_up("identity", "reporting")
    system = await house.system("identity")
    async with system.system() as connection:
        head = await connection.fetchval("select max(position) from ledger")
    walking = Monitor(house.service("identity"))
    before = counted("crm_consistency_checked_total", "identity", "ledger")
    seen: set[int] = set()
    for _ in range(2 * (head // WINDOW + 1)):
        (ledger, *_rows) = await walking.look(system)
        first = walking.window.first - WINDOW
        seen |= set(range(first, first + ledger.looked_at))
    assert seen >= set(range(1, head + 1))
    assert counted("crm_consistency_checked_total", "identity", "ledger") >= before + head
    assert counted("crm_consistency_last_run_timestamp_seconds", "identity", "ledger") > 0


async def test_a_spoilt_row_is_found_counted_and_logged(house: House, story: Story) -> None:
    system = await house.system("leads")
    walking = Monitor(house.service("leads"))
    walking.window.first = story.positions[0]
    before = counted("crm_consistency_differences_total", "leads", "rows")
    change = "update lead set source = $2 where id = $1"
    async with system.system() as connection:
        await connection.execute(change, story.first, "spoilt")
        try:
            with capture_logs() as logged:
                findings = await walking.look(system)
        finally:
            await connection.execute(change, story.first, "web")
    found = [d for finding in findings for d in finding.differences if d.row == str(story.first)]
    assert [(d.field, d.kept, d.wanted) for d in found] == [("source", "spoilt", "web")]
    assert counted("crm_consistency_differences_total", "leads", "rows") >= before + 1
    told = {(line["event"], line.get("row")) for line in logged}
    assert ("consistency.difference", str(story.first)) in told


async def test_a_cooked_figure_of_the_tenant_whose_turn_it_is_is_found(
    house: House, story: Story, unwritten: None
) -> None:
    system = await house.system("reporting")
    walking = Monitor(reporting)
    (days,) = walking.rounds = [each for each in walking.rounds if each.table == "rollup_day"]
    days.tenant = UUID(int=story.tenant.int - 1)
    change = "update rollup_day set n = n + $2 where tenant_id = $1 and measure = 'leads_created'"
    async with system.system() as connection:
        await connection.execute(change, story.tenant, 1)
        try:
            findings = await walking.look(system)
        finally:
            await connection.execute(change, story.tenant, -1)
    found = [d for finding in findings for d in finding.differences]
    assert {(d.tenant_id, d.table, d.field) for d in found} == {(story.tenant, "rollup_day", "n")}
    assert days.tenant == story.tenant


async def test_figures_that_take_too_long_are_left_to_verify(
    house: House, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(connection: Connection, _: UUID) -> list[Difference]:
        await connection.execute("select pg_sleep(60)")
        return []

    monkeypatch.setattr(monitor, "_BRIEF", "set local statement_timeout = '20ms'")
    monkeypatch.setitem(reporting.__dict__, "sums", [Sum("rollup_day", (), endless)])
    walking = Monitor(reporting)
    system = await house.system("reporting")
    with capture_logs() as logged:
        async with asyncio.timeout(20):
            findings = await walking.look(system)
    assert {finding.subject for finding in findings} <= {"entries of the ledger", "signed roots"}
    assert ("consistency.too_large", "rollup_day") in {(e["event"], e.get("table")) for e in logged}


async def test_each_check_of_verify_that_needs_one_database_has_its_turn(
    house: House, story: Story
) -> None:
    system = await house.system("leads")
    walking = Monitor(house.service("leads"))
    walking.window.first = 1
    subjects = {finding.subject for _ in walking.rounds for finding in await walking.look(system)}
    assert {"entries of the ledger", "signed roots", "rows of lead"} <= subjects
    assert {each.table for each in walking.rounds} == set(custom_tables(house.service("leads")))
    assert {each.table for each in Monitor(reporting).rounds} == {s.table for s in reporting.sums}


async def test_a_turn_that_is_not_due_looks_at_nothing(house: House, story: Story) -> None:
    executor, system = await house.executor("leads"), await house.system("leads")
    walking = Monitor(house.service("leads"))
    assert not await walking(executor, system)
    first = walking.window.first
    assert not await walking(executor, system)
    assert walking.window.first == first
