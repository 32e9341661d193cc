import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from crmkit.local.placement import Placement, place
from crmkit.local.ports import free_port
from crmkit.local.supervise import Child, ChildError
from crmkit.migrations import provisioning
from crmkit.migrations.provisioning import ROLES

SUPERUSER = "postgres"
PROVISIONING = 0x63726D
"""Advisory lock: two processes that provision at once take turns."""

START_ATTEMPTS = 20
SECONDS_BETWEEN_ATTEMPTS = 0.5

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "autovacuum_naptime": "5s",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
_FLEETING = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "30s"}
"""Of a server whose data nobody misses once the machine is off; a house of tests is too small for
its tables to be looked through all the time."""


class Postgres:
    """An embedded PostgreSQL of our own, in one folder; one process at a time may own it.

    `durable`: whether what is committed outlives the machine, and not the processes alone.
    """

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self._place: Placement = place(folder)
        self._data = self._place.home / "data"
        self._folder = folder.resolve()
        self._port = port
        self._durable = durable
        self._child: Child | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise ChildError("PostgreSQL has not been started")
        return self._port

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def url_template(self) -> str:
        """Takes `{service}` and `{role}` (owner, app, system)."""
        return "postgresql://crm_{service}_{role}@/crm_{service}" + self._where()

    def url(self, service: str, role: str, database: str | None = None) -> str:
        name = database or f"crm_{service}"
        return f"postgresql://crm_{service}_{role}@/{name}{self._where()}"

    def admin_url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}@/{database}{self._where()}"

    async def start(self, *, within: float = 60) -> None:
        """Create the data folder if new, end a server that a killed owner left, start ours."""
        if self._child and self._child.running:
            return
        port = self._port = self._port or free_port()
        child = self._child = self._server(port)
        await child.end_leftover()
        await asyncio.to_thread(self._create_cluster)
        self._forget_dead_server()
        await self._start_patiently(child, within)

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()

    async def erase(self) -> None:
        """Stop, and remove the data; for tests."""
        if self._child:
            await self._child.stop(by=signal.SIGQUIT)  # writes nothing to disk any more
        for folder in (self._data, self._place.sockets):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if self._child:
            self._child.log.unlink(missing_ok=True)
        for home in {self._place.home, self._folder}:
            with contextlib.suppress(OSError):  # kept while anything else lies in it
                home.rmdir()

    async def wait(self) -> int:
        """The exit code, once the server has ended."""
        if self._child is None:
            raise ChildError("PostgreSQL has not been started")
        return await self._child.wait()

    async def provision(self, service: str) -> None:
        """Roles crm_<service>_{owner,app,system} and database crm_<service>; does no harm twice."""
        async with self._admin() as connection:
            roles = [provisioning.role_of(service, role) for role in ROLES]
            for role in roles:
                await _create_role(connection, role)
            await _create_database(connection, provisioning.database_of(service), roles[0])
            for statement in provisioning.admit(service):
                await connection.execute(statement)

    def _where(self) -> str:
        return f"?host={quote(str(self._place.sockets))}&port={self.port}"

    def _server(self, port: int) -> Child:
        options = SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self._place.sockets),
            **({} if self._durable else _FLEETING),
        }
        command: list[str | Path] = [self._place.programs / "postgres", "-D", self._data]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            command,
            self._folder,
            stop_signal=signal.SIGINT,  # SIGTERM would wait for clients to leave
            account=self._place.account,
        )

    def _create_cluster(self) -> None:
        self._place.own(self._place.sockets)
        if self._data.exists():
            return
        unfinished = self._place.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._place.own(unfinished)
        account = self._place.account
        done = subprocess.run(
            [
                self._place.programs / "initdb",
                *("-D", unfinished, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *(() if self._durable else ("--no-sync",)),
            ],
            cwd=unfinished,
            check=False,
            capture_output=True,
            text=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if done.returncode:
            raise ChildError(f"initdb ended with {done.returncode}: {done.stderr or done.stdout}")
        unfinished.rename(self._data)

    def _forget_dead_server(self) -> None:
        """A container counts its processes from 1 again: the number left may be someone else's."""
        for left in self._place.sockets.glob(".s.PGSQL.*"):
            left.unlink()
        file = self._data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            if psutil.Process(int(file.read_text().split()[0])).name() != "postgres":
                file.unlink()

    async def _start_patiently(self, child: Child, within: float) -> None:
        """The processes of a killed server let go of its memory only a moment after it."""
        for attempt in range(START_ATTEMPTS):
            try:
                return await child.start(self._answers, within=within)
            except ChildError:
                if attempt == START_ATTEMPTS - 1 or not _still_in_use(child.log):
                    raise
                await asyncio.sleep(SECONDS_BETWEEN_ATTEMPTS)
        return None

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url(), timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.admin_url())
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", PROVISIONING)
            yield connection
        finally:
            await connection.close()


def _still_in_use(log: Path) -> bool:
    return "is still in use" in log.read_text(errors="replace")[-2000:]


async def _create_role(connection: asyncpg.Connection, role: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(provisioning.create_role(role))


async def _create_database(connection: asyncpg.Connection, database: str, owner: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        await connection.execute(provisioning.create_database(database, owner))
