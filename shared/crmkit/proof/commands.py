"""What `crm verify`, `crm replay` and `crm ledger` do and print."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.markup import escape

from crmkit.proof.again import replay_parked, replay_reactions
from crmkit.proof.export import export_ledger as write_ledger
from crmkit.proof.findings import Finding, plain
from crmkit.proof.replay import rebuilding, replay
from crmkit.proof.restoring import restore, restoring
from crmkit.proof.resume import note_replayed, resume
from crmkit.proof.sources import BrokerLog, Ledgers, Source
from crmkit.proof.verify import settle, verify
from crmkit.service import Service, services

_SETTLE_SECONDS = 120


async def print_verified(
    names: Sequence[str], tenant: UUID | None, console: Console, *, wait: bool, as_json: bool
) -> bool:
    """Whether all is equal; prints a line for each check, and one for each difference."""
    chosen = services(names)
    if wait:
        await settle(_SETTLE_SECONDS)
    findings = []
    async for finding in verify(chosen, tenant):
        findings.append(finding)
        if not as_json:
            for line in told(finding):
                console.print(line, soft_wrap=True, highlight=False)
    wrong = sum(finding.wrong for finding in findings)
    if as_json:
        print(json.dumps({"equal": not wrong, "checks": plain(findings)}, indent=1))
    else:
        console.print("[green]equal[/green]" if not wrong else f"[red]{wrong:,} differences[/red]")
    return not wrong


def told(finding: Finding) -> list[str]:
    """A finding as people read it."""
    behind = f", {finding.behind:,} still to be heard" if finding.behind else ""
    erased = f", {finding.erased:,} of them erased" if finding.erased else ""
    lost = f", {finding.given_up:,} of them given up" if finding.given_up else ""
    verdict = f"[red]{finding.wrong:,} differ[/red]" if finding.wrong else "equal"
    lines = [
        f"{finding.service}: {finding.looked_at:,} {finding.subject}"
        f"{erased}{lost}{behind}: {verdict}"
    ]
    lines += [
        f"  {found.table} {found.tenant_id or ''} {escape(found.row)}"
        f" {found.field}: {escape(found.kept)}, should be {escape(found.wanted)}"
        for found in finding.differences
    ]
    if finding.wrong > len(finding.differences):
        lines.append(f"  … and {finding.wrong - len(finding.differences):,} more")
    return lines


async def print_replayed(name: str, console: Console, *, from_broker: bool, reactions: bool) -> int:
    """Replay and print each table; 1 where some events were refused."""
    (service,) = services([name])
    aggregates = {aggregate for fold in rebuilding(service) for aggregate in fold.aggregates}
    done = await replay(service, _source(service, aggregates, from_broker))
    for table in done.tables:
        console.print(f"{table.table}: {table.rows:,} rows, {table.healed:,} of them healed")
    console.print(f"{done.events:,} events, {done.refused:,} refused")
    await _print_restored(service, console, from_broker=from_broker)
    if not reactions:
        return 1 if done.refused else 0
    started = {reaction.event.aggregate for reaction in service.reactions}
    again = await replay_reactions(service, _source(service, started, from_broker))
    console.print(f"{again.applied:,} events started again, {again.refused:,} refused")
    return 1 if done.refused or again.refused else 0


async def _print_restored(service: Service, console: Console, *, from_broker: bool) -> None:
    """Put back what lasting tables have lost, where the service has any."""
    folds = restoring(service)
    if folds:
        aggregates = {aggregate for fold in folds for aggregate in fold.aggregates}
        done = await restore(service, _source(service, aggregates, from_broker))
        for table in done.tables:
            console.print(f"{table}: {done.rows:,} of {done.events:,} events put back")


async def print_parked(name: str, console: Console) -> int:
    """Replay what was parked; 1 where some is refused as before."""
    (service,) = services([name])
    again = await replay_parked(service)
    console.print(f"{again.applied:,} parked events applied, {again.refused:,} refused as before")
    return 1 if again.refused else 0


async def print_exported(name: str, out: Path, console: Console) -> None:
    """Export a ledger and print how much it is."""
    (service,) = services([name])
    entries, roots = await write_ledger(service, out)
    console.print(f"{out}: {entries:,} entries, {roots:,} signed roots")


async def print_resumed(name: str, out: Path, console: Console) -> int:
    """Resume a ledger, have all listeners make anew what they keep; 1 where some is refused."""
    (service,) = services([name])
    done = await resume(service, out)
    if done.replay_due is None:
        console.print(f"{name} has forgotten nothing that it told")
        return 0
    if done.told > done.kept:
        console.print(f"positions {done.kept + 1:,} to {done.told:,} are lost and given up")
    if done.lost:
        console.print(f"{out}: {done.lost:,} lost events, as they were told", soft_wrap=True)
    refused = await _replay_listeners(service, console)
    await note_replayed(service, done)
    return 1 if refused else 0


async def _replay_listeners(service: Service, console: Console) -> int:
    """How many replays had events refused; what a service heard of itself was put back with it."""
    refused = 0
    others = (each for each in services() if each.name != service.name)
    for listener in others:
        if service.topics.intersection(listener.follows) and rebuilding(listener):
            console.print(f"{listener.name} makes anew what it keeps")
            refused += await print_replayed(
                listener.name, console, from_broker=False, reactions=False
            )
    return refused


def _source(service: Service, aggregates: set[str], from_broker: bool) -> Source:
    return BrokerLog(service, aggregates) if from_broker else Ledgers(aggregates)
