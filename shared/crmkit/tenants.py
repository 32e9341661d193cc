"""A tenant moves from one house to another, or is kept: all services' rows of it, in a folder."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from crmkit.db import moving
from crmkit.kernel import clock
from crmkit.kernel.errors import Invalid
from crmkit.proof.verify import check_alone
from crmkit.service import Service

FORMAT = 1


async def export_tenant(services: Sequence[Service], tenant: UUID, folder: Path) -> int:
    """Write manifest.json and a folder for each service; how many rows there are in all.

    Each service is read as of an instant of its own. What one has told and another has not heard
    meanwhile, the other hears again after the import.
    """
    _make(folder, services)
    rows = {
        service.name: await moving.export_tenant(
            _dsn(service, "system"), tenant, folder / service.name
        )
        for service in services
    }
    manifest = {
        "format": FORMAT,
        "tenant": str(tenant),
        "taken_at": clock.now().isoformat(),
        "services": rows,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return sum(sum(tables.values()) for tables in rows.values())


async def import_tenant(services: Sequence[Service], folder: Path) -> int:
    """Put it into this house; how many events are told again. It may be run again if broken off.

    Nothing is written before all of it was looked at. First all rows of all services, each proved
    by its events, then the events: a service that heard of them before it has its rows would make
    them a second time. Copies are proved by `crm verify` alone, since other databases tell of them.
    """
    tenant = _tenant(folder, services)
    for service in services:
        system = _dsn(service, "system")
        await moving.check_rows(system, tenant, folder / service.name, service.tells)
    for service in services:
        system, owner = _dsn(service, "system"), _dsn(service, "owner")
        proof = partial(_prove, service, tenant)
        await moving.import_rows(system, owner, tenant, folder / service.name, proof)
    told = 0
    for service in services:
        told += await moving.tell(_dsn(service, "system"), tenant, folder / service.name)
    return told


def _tenant(folder: Path, services: Sequence[Service]) -> UUID:
    """Whose archive it is; Invalid where it is none that this house can take in."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes().decode())
        shape = manifest["format"], set(manifest["services"])
        tenant = UUID(str(manifest["tenant"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid(f"manifest.json cannot be read: {error}", code="move.malformed") from error
    if shape != (FORMAT, {service.name for service in services}):
        raise Invalid("another format, or other services", code="move.manifest")
    return tenant


async def _prove(service: Service, tenant: UUID, connection: Any) -> None:
    """Invalid where rows are not what their events say, or figures not what they add up to."""
    async for finding in check_alone(connection, service, tenant):
        for found in finding.differences:
            raise Invalid(
                f"{service.name}: {found.table} {found.row} has {found.field} {found.kept},"
                f" but {found.wanted} was told",
                code="move.rows",
            )


def _make(folder: Path, services: Sequence[Service]) -> None:
    folder.mkdir(parents=True)
    for service in services:
        (folder / service.name).mkdir()


def _dsn(service: Service, role: str) -> str:
    return service.settings.load().dsn(service.name, role)
