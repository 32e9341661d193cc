"""Bring a service's database up to date, or write the next revision."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from crmkit.migrations.patience import LIMITS, alone, patiently, reached

_KIT = Path(str(files("crmkit.migrations")))


class Migrator:
    """Alembic for one service: its revisions, its metadata, its database as the owner role."""

    def __init__(self, service: str, folder: Path, metadata: MetaData, dsn: str) -> None:
        self.service = service
        self.folder = folder
        self.metadata = metadata
        self.dsn = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)

    async def upgrade(self) -> None:
        """Apply what is missing, then grants and row security for every table there is.

        One at a time; each revision stands by itself, and is tried again where its locks are held.
        """
        async with reached(self.dsn), alone(self.dsn) as connection:
            before = await _revisions(connection)
            if before:
                await patiently(self._protect)  # an older version may have left out what is new
            await patiently(lambda: self._run(lambda config: command.upgrade(config, "heads")))
            if await _revisions(connection) != before:
                await patiently(self._protect)

    async def _protect(self) -> None:
        protect = (_KIT / "protect.sql").read_text()
        for role in ("app", "system"):
            protect = protect.replace(f"{{{role}}}", f"crm_{self.service}_{role}")
        validate = (_KIT / "validate.sql").read_text()  # reads rows, with a lock that lets write
        async with self._engine() as engine:
            for script in (protect, validate):
                async with engine.begin() as connection:
                    await connection.exec_driver_sql(script)

    async def check(self) -> None:
        """Raise where tables and revisions differ."""
        await self._run(command.check)

    async def revise(self, message: str) -> None:
        """Write a revision for what the tables have and the database has not."""
        written = len(list(self.folder.glob(f"{self.service}[0-9]*.py")))
        first = not written
        options: dict[str, Any] = {
            "autogenerate": True,
            "version_path": str(self.folder),
            "head": "base" if first else f"{self.service}@head",
            "branch_label": self.service if first else None,
            "depends_on": "kit0001" if first else None,
            "rev_id": f"{self.service}{written + 1:04}",
        }
        await self._run(lambda config: command.revision(config, message, **options))

    async def _run(self, act: Callable[[Config], Any]) -> None:
        async with (
            reached(self.dsn),
            self._engine() as engine,
            engine.connect() as connection,
        ):
            await connection.run_sync(self._act, act)
            await connection.commit()

    @asynccontextmanager
    async def _engine(self) -> AsyncIterator[AsyncEngine]:
        engine = create_async_engine(self.dsn, connect_args={"server_settings": LIMITS})
        try:
            yield engine
        finally:
            await engine.dispose()

    def _act(self, connection: Connection, act: Callable[[Config], Any]) -> None:
        config = Config()
        config.set_main_option("script_location", str(_KIT))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{_KIT / 'versions'}\n{self.folder}")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes["connection"] = connection
        config.attributes["metadata"] = self.metadata
        act(config)


async def _revisions(connection: asyncpg.Connection) -> list[str]:
    """Which heads the database is at; none where nothing was migrated yet."""
    if not await connection.fetchval("select to_regclass('alembic_version') is not null"):
        return []
    found = await connection.fetch("select version_num from alembic_version order by 1")
    return [row["version_num"] for row in found]
