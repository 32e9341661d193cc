import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from crmkit.local.postgres import Postgres
from crmkit.local.supervise import ChildError
from crmkit.testing.house import House

OWNER_THAT_IS_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from crmkit.local.postgres import Postgres

async def run():
    postgres = Postgres(Path(sys.argv[1]))
    await postgres.start()
    await postgres.provision("leads")
    print(postgres.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(run())
"""

SECOND_OWNER = """
import asyncio, sys
from pathlib import Path
from crmkit.local.postgres import Postgres

asyncio.run(Postgres(Path(sys.argv[1])).start())
"""


def run_python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Postgres]:
    server = Postgres(tmp_path / "data")
    await server.start()
    yield server
    await server.erase()


async def write_a_note(postgres: Postgres, text: str) -> None:
    connection = await asyncpg.connect(postgres.url("leads", "owner"))
    await connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
    await connection.execute("INSERT INTO note VALUES ($1)", text)
    await connection.close()


async def read_notes(postgres: Postgres) -> list[str]:
    connection = await asyncpg.connect(postgres.url("leads", "owner"))
    rows = await connection.fetch("SELECT text FROM note")
    await connection.close()
    return [row["text"] for row in rows]


async def test_a_service_gets_roles_that_cannot_step_around_row_security(
    postgres: Postgres,
) -> None:
    await postgres.provision("leads")
    await postgres.provision("leads")
    for role in ("owner", "app", "system"):
        connection = await asyncpg.connect(postgres.url_template.format(service="leads", role=role))
        row = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        version = connection.get_server_version().major
        await connection.close()
        assert (version, tuple(row or ())) == (18, (False, False))


async def test_a_service_cannot_connect_to_the_database_of_another(postgres: Postgres) -> None:
    await postgres.provision("leads")
    await postgres.provision("contracts")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url("leads", "app", "crm_contracts"))


async def test_it_listens_on_loopback_too(postgres: Postgres) -> None:
    await postgres.provision("leads")
    url = f"postgresql://crm_leads_app@127.0.0.1:{postgres.port}/crm_leads"
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT current_user") == "crm_leads_app"
    await connection.close()


async def test_data_outlives_a_killed_server(postgres: Postgres) -> None:
    await postgres.provision("leads")
    await write_a_note(postgres, "kept")
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.wait()
    await postgres.start()
    assert await read_notes(postgres) == ["kept"]


async def test_data_outlives_a_stop(postgres: Postgres) -> None:
    await postgres.provision("leads")
    await write_a_note(postgres, "kept")
    await postgres.stop()
    await postgres.start()
    assert await read_notes(postgres) == ["kept"]


async def test_what_is_committed_outlives_the_machine_unless_it_is_of_a_test(
    postgres: Postgres, house: House
) -> None:
    for server, synced in ((postgres, "on"), (house.postgres, "off")):
        connection = await asyncpg.connect(server.admin_url())
        assert await connection.fetchval("show fsync") == synced
        await connection.close()


async def test_the_server_of_a_killed_owner_does_not_block_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    killed = run_python(OWNER_THAT_IS_KILLED, folder)
    orphan = int(killed.stdout)
    os.kill(orphan, 0)
    postgres = Postgres(folder)
    await postgres.start()
    await write_a_note(postgres, "new")
    assert postgres.pid != orphan
    assert await read_notes(postgres) == ["new"]
    await postgres.erase()


async def test_a_folder_whose_owner_lives_is_left_alone(postgres: Postgres, tmp_path: Path) -> None:
    refused = run_python(SECOND_OWNER, tmp_path / "data")
    assert f"in use by process {os.getpid()}" in refused.stderr
    await postgres.provision("leads")


async def test_a_deep_folder_gets_a_short_socket_path(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / ("deep" * 20) / "data")
    await postgres.start()
    await postgres.provision("leads")
    await write_a_note(postgres, "kept")
    await postgres.erase()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path, postgres: Postgres) -> None:
    second = Postgres(tmp_path / "second", port=postgres.port)
    with pytest.raises(ChildError, match="could not create any TCP/IP sockets"):
        await second.start()
    await second.erase()
