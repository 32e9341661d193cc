"""Databases are put back: as they were, and to an older state that heals by what the broker has."""

import asyncio
import subprocess
from pathlib import Path

import asyncpg
import pytest

from crmkit.kernel import clock, ids
from crmkit.local.placement import place
from crmkit.migrations import provisioning
from crmkit.testing.house import Caller, House
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.deploy.files import DEPLOY, NAMES
from tests.e2e.fleet import Fleet, Person, running_fleet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

_ROWS = "select count(*) from lead where tenant_id = $1"


def program(house: House | Fleet, name: str, *arguments: str | Path, **told: str) -> str:
    """Run one of PostgreSQL's programs against the house's, as its superuser."""
    path = place(house.folder / "postgres").programs / name
    done = subprocess.run(
        [path, *arguments],
        env={"PGTZ": "UTC"} | told,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def make_leads(seller: Caller, count: int) -> None:
    for n in range(count):
        await seller(commands.create_lead, LeadCreate(company=f"Kept {n}", source="web"))


async def test_a_dump_restores_rows_rights_and_row_security(alone: House, tmp_path: Path) -> None:
    seller = await alone.caller("leads", ids.new(), "admin")
    await make_leads(seller, 5)
    dump = tmp_path / "leads.dump"
    source = alone.postgres.admin_url("crm_leads")
    program(alone, "pg_dump", "--format=custom", "--file", dump, source)
    admin = await asyncpg.connect(alone.postgres.admin_url())
    await admin.execute('create database "restored" owner "crm_leads_owner"')
    await admin.close()
    target = alone.postgres.admin_url("restored")
    program(alone, "pg_restore", "--exit-on-error", "--dbname", target, dump)
    app = await asyncpg.connect(alone.postgres.url("leads", "app", "restored"))
    assert await app.fetchval(_ROWS, seller.actor.tenant_id) == 0
    await app.execute("select set_config('app.tenant_id', $1, false)", str(seller.actor.tenant_id))
    assert await app.fetchval(_ROWS, seller.actor.tenant_id) == 5
    await app.close()


async def put_back(fleet: Fleet, name: str, dump: Path) -> None:
    """Take the place of a service's database, while its processes are down."""
    database = f"crm_{name}"
    admin = await asyncpg.connect(fleet.postgres.admin_url())
    await admin.execute(f'drop database "{database}" with (force)')
    await admin.execute(f'create database "{database}" owner "{database}_owner"')
    await admin.close()
    await fleet.postgres.provision(name)
    target = fleet.postgres.admin_url(database)
    await asyncio.to_thread(program, fleet, "pg_restore", "--exit-on-error", "-d", target, dump)


async def test_an_older_state_of_a_listener_heals_by_itself(tmp_path: Path) -> None:
    """What the backup lacks is read again from the broker, and what it has is not counted twice."""
    async with running_fleet("leads", "reporting") as fleet:
        admin = fleet.person(ids.new(), "admin")

        async def lead(number: int) -> None:
            new = {"company": f"Healed {number}", "source": "web"}
            await admin.ask("leads", "POST", "/v1/leads", json=new)

        for number in range(12):
            await lead(number)
        await fleet.settle(admin)
        dump = tmp_path / "reporting.dump"
        source = fleet.postgres.admin_url("crm_reporting")
        await asyncio.to_thread(program, fleet, "pg_dump", "-Fc", "-f", dump, source)
        for number in range(12, 30):
            await lead(number)
        await fleet.settle(admin)
        assert await counted(admin) == 30
        await asyncio.gather(fleet.workers["reporting"].stop(), fleet.apis["reporting"].stop())
        await put_back(fleet, "reporting", dump)
        await fleet.start_api("reporting")
        assert await counted(admin) == 12
        await fleet.workers["reporting"].start()
        await fleet.settle(admin)
        assert await counted(admin) == 30
        await lead(30)
        await fleet.settle(admin)
        assert await counted(admin) == 31
        assert await fleet.parked() == []


async def counted(admin: Person) -> int:
    today = clock.now().date()
    asked = {"measure": "leads_created", "grain": "quarter", "from": f"{today.year}-01-01"}
    asked["to"] = today.isoformat()
    shown = await admin.ask("reporting", "GET", "/v1/rollups", params=asked)
    return sum(int(item["value"]) for item in shown["items"])


async def test_the_script_provisions_what_the_house_does(bare: House) -> None:
    """Roles, databases and who may connect; twice, as a script is run again after an upgrade."""
    script = DEPLOY / "postgres/provision.sql"
    passwords = {f"CRM_{role.upper()}_PASSWORD": f"p'{role}" for role in provisioning.ROLES}
    for _ in range(2):
        program(bare, "psql", "-f", script, bare.postgres.admin_url(), **passwords)
    admin = await asyncpg.connect(bare.postgres.admin_url())
    by_script = await admin.fetch(_RIGHTS, [f"crm_{name}" for name in NAMES])
    await admin.execute('drop database "crm_leads"')
    await bare.postgres.provision("leads")
    assert await admin.fetch(_RIGHTS, [f"crm_{name}" for name in NAMES]) == by_script
    assert len(by_script) == len(NAMES)
    roles = "select count(*) from pg_authid where rolname like 'crm_%' and rolpassword is not null"
    assert await admin.fetchval(roles) == 3 * len(NAMES)
    await admin.close()


_RIGHTS = """
select datname, datdba::regrole::text, array(select unnest(datacl)::text order by 1)
from pg_database where datname = any($1) order by 1
"""
