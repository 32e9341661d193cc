"""All checks of services, one after the other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.envelope import topic
from crmkit.messaging.mirrors import Mirror, Sum
from crmkit.proof.chain import check_ledger
from crmkit.proof.copies import MirrorCheck
from crmkit.proof.custom import check_custom, custom_tables
from crmkit.proof.findings import Finding
from crmkit.proof.marks import check_marks
from crmkit.proof.roots import check_roots
from crmkit.proof.rows import check_rows, told_tables
from crmkit.proof.snapshots import connected, snapshot
from crmkit.service import Service, services

_POLL_SECONDS = 0.05
_MOST_NAMED = 5
_TENANTS = "select distinct tenant_id from {} where ($1::uuid is null or tenant_id = $1)"
_COUNT = "select count(*) from {} where tenant_id = $1"
_TOLD = """
select exists (select from outbox) as waiting,
  (select coalesce(max(position), 0) from ledger) > (select position from relay) as unpublished
"""
_HEADS = "select topic, partition, position from published"
_MARKS = "select producer, topic, partition, position from watermark"


async def verify(chosen: Sequence[Service], tenant: UUID | None) -> AsyncIterator[Finding]:
    """Every finding of these services, as it is made."""
    owners = {name: each for each in services() for name in each.topics}
    for service in chosen:
        async for finding in _alone(service, tenant):
            yield finding
        for teller in services():
            if teller.topics.intersection(service.follows):
                yield await check_marks(service, teller)
        for mirror in service.mirrors:
            owner = owners.get(topic(mirror.aggregate))
            if owner is not None:
                yield await _beside(mirror, service, owner, tenant)


async def _alone(service: Service, tenant: UUID | None) -> AsyncIterator[Finding]:
    async with snapshot(service) as connection:
        yield await check_ledger(connection, service.name)
        signs = bool(service.settings.load().ledger_key)
        yield await check_roots(connection, service.name, signs=signs)
        async for finding in check_alone(connection, service, tenant):
            yield finding


async def check_alone(
    connection: Connection, service: Service, tenant: UUID | None
) -> AsyncIterator[Finding]:
    """What a service's own events prove: rows, values of custom fields, and figures."""
    for table, fields in told_tables(service).items():
        yield await check_rows(connection, service.name, table, fields, tenant)
    if tables := custom_tables(service):
        yield await check_custom(connection, service.name, tables, tenant)
    for each in service.sums:
        yield await check_sum(
            connection, service.name, each, await _tenants(connection, each, tenant)
        )


async def _beside(mirror: Mirror, service: Service, owner: Service, tenant: UUID | None) -> Finding:
    partitions = service.settings.load().kafka_partitions
    check = MirrorCheck(mirror, service.name, owner.name, partitions, tenant)
    async with snapshot(service) as kept, snapshot(owner) as told:
        return await check.run(kept, told)


async def check_sum(
    connection: Connection, service: str, figures: Sum, tenants: Sequence[UUID]
) -> Finding:
    """The figures of these tenants, against what they add up to."""
    finding = Finding(service, f"rows of {figures.table} from {', '.join(figures.of)}")
    for tenant in tenants:
        finding.looked_at += await connection.fetchval(_COUNT.format(figures.table), tenant)
        finding.note(*await figures.check(connection, tenant))
    return finding


async def _tenants(connection: Connection, figures: Sum, tenant: UUID | None) -> list[UUID]:
    found: set[UUID] = set()
    for table in (figures.table, *figures.of):
        found |= {r["tenant_id"] for r in await connection.fetch(_TENANTS.format(table), tenant)}
    return sorted(found)


async def settle(within: float) -> None:
    """Wait until all that was written before has been told, heard and reacted to.

    LookupError where that takes longer than `within` seconds; it names what is waited for.
    """
    left = ["nobody was asked yet"]
    try:
        async with asyncio.timeout(within):
            calm = False
            while not calm or left:  # reactions write again: calm twice is calm
                calm = not left
                left = await unsettled()
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        named = "".join(f"; {each}" for each in left[:_MOST_NAMED])
        raise LookupError(f"not all was told and heard within {within:g} s{named}") from error


async def unsettled() -> list[str]:
    """What is not told or not heard yet."""
    left = []
    heads: dict[str, list[tuple[str, int, int]]] = {}
    marks: dict[str, dict[tuple[str, str, int], int]] = {}
    for service in services():
        async with connected(service) as connection:
            (state,) = await connection.fetch(_TOLD)
            if state["waiting"] or state["unpublished"]:
                left.append(f"{service.name} has not told all")
            heads[service.name] = [tuple(row) for row in await connection.fetch(_HEADS)]
            marks[service.name] = {
                (row["producer"], row["topic"], row["partition"]): row["position"]
                for row in await connection.fetch(_MARKS)
            }
    return left + [
        f"{service.name} has heard {name}/{partition} of {teller} to"
        f" {marks[service.name].get((teller, name, partition), 0)} of {position}"
        for service in services()
        for teller, told in heads.items()
        for name, partition, position in told
        if name in service.follows
        and marks[service.name].get((teller, name, partition), 0) < position
    ]
