"""The disk that a database lies on is full: a tablespace in a small file system of its own."""

import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import psutil

from crmkit.local.postgres import Postgres
from crmkit.testing.house import until
from tests.e2e.fleet import Person
from tests.faults.load import Load
from tests.faults.stack import Skipped, Stage

SERVICE = "contracts"
SIZE = "96m"
BLOCK = 1 << 20
DISCONNECT = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system in memory, of SIZE; Skipped where this machine does not let us mount one."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", folder],
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
    )
    if mounted.returncode:
        raise Skipped(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, timeout=10)
        folder.rmdir()


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(BLOCK))
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    return path


@contextlib.asynccontextmanager
async def lying_on(postgres: Postgres, service: str, disk: Path) -> AsyncIterator[None]:
    """A service's database lies there meanwhile; nobody may be connected when it moves."""
    place = disk / "postgres"
    place.mkdir()
    server = psutil.Process(postgres.pid)
    os.chown(place, server.uids().real, server.gids().real)
    connection = await asyncpg.connect(postgres.admin_url())
    try:
        await connection.execute(f"create tablespace small location '{place}'")
        await _move(connection, f"crm_{service}", "small")
        yield
    finally:
        await _move(connection, f"crm_{service}", "pg_default")
        await connection.execute("drop tablespace small")
        await connection.close()


async def _move(connection: asyncpg.Connection, database: str, to: str) -> None:
    await connection.execute(f"alter database {database} allow_connections false")
    await connection.execute(DISCONNECT, database)
    await connection.execute(f"alter database {database} set tablespace {to}")
    await connection.execute(f"alter database {database} allow_connections true")


async def fill_disk(stage: Stage) -> None:
    """Commands are refused for a while, what is there can be read, and nobody starts anything
    again when there is room."""
    for _ in stage.rounds():
        await _fill_disk(stage)


async def _fill_disk(stage: Stage) -> None:
    stack, load = stage.stack, stage.load
    admin = next(iter(load.people.values()))

    async def restart(*, again: bool) -> None:
        for program in (stack.apis[SERVICE], stack.workers[SERVICE]):
            program.signal(signal.SIGKILL)
            await program.wait()
            if again:
                await stack.revive(program)

    with small_disk(stack.folder / "small") as disk:
        await restart(again=False)
        async with lying_on(stack.postgres, SERVICE, disk):
            await restart(again=True)
            await load.acknowledge(1, SERVICE)
            filler = fill(disk)
            refused = load.refused[SERVICE]
            try:
                await until(lambda: _more(load, refused), 90)
                await until(lambda: _readable(admin), 90)
            finally:
                filler.unlink()
            stage.did("disk full")
            await load.acknowledge(3, SERVICE)
            await restart(again=False)
        await restart(again=True)


async def _readable(who: Person) -> bool:
    """Under a load that keeps all connections waiting, not each time."""
    return (await who.clients[SERVICE].get("/v1/contracts")).is_success


async def _more(load: Load, refused: int) -> bool:
    return load.refused[SERVICE] > refused
