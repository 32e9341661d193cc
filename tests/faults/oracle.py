"""What must hold once everything is quiet, whatever was done to the house meanwhile."""

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
from standardwebhooks import WebhookVerificationError

from crmkit.messaging.broker import probe, slots_of
from crmkit.messaging.memory import readable, up_to_end
from crmkit.service import services
from crmkit.settings import Settings
from crmkit.testing.house import until
from tests.e2e.receiver import Told
from tests.faults.load import Write
from tests.faults.order import judge_order
from tests.faults.stack import FOLLOWED, TYPES, Stage
from tests.faults.verdict import Verdict

QUIET_SECONDS = 120
LOOK_SECONDS = 300
EVENTS = """
select id, substr(traceparent, 4, 32) as trace, aggregate, aggregate_id, version
from event where tenant_id = any($1)
"""
VERSIONS = "select id, version from {} where tenant_id = any($1)"
TOLD = "select id from event where tenant_id = $1 and aggregate = any($2)"
PARKED = "select value from parked"
CANCELLED = "asyncio.exceptions.CancelledError"
NOT_ASKED = "Future exception was never retrieved"
CUT = "asyncpg.exceptions.ConnectionDoesNotExistError"
EXPECTED_ERRORS = frozenset({"consumer.parked"})
"""What a process may call an error; all else in a log of that level is a finding."""

CUT_AT_THE_END = re.compile("^Cancel [0-9]+ running task")
"""What uvicorn says of requests that outlast the time a process has to end."""

CLIENT = "aiokafka"
"""Its loggers call it an error whenever the broker is away."""

CLIENTS_TASK = re.compile(r"coro=<[^>]*/aiokafka/|^Unclosed AIOKafka")
"""A task of its own that dies of a connection cut under it, or of a group that moves; nobody waits
for it then, and the client is made anew or asks again. Where the broker is silent, a process that
has to end leaves its connection open."""


async def judge(stage: Stage) -> Verdict:
    """The ORACLE: wait until all is quiet, then hold the house to what it has answered.

    What keeps it from looking is wrong as well, and keeps nobody from reading the rest.
    """
    verdict = Verdict()
    for look in (
        _settle,
        _judge_writes,
        _judge_webhooks,
        _judge_parked,
        judge_order,
        _verify,
        _count_log,
    ):
        looked = time.monotonic()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await look(stage, verdict)
        except Exception as error:
            verdict.wrong.append(f"{look.__name__}: {error!r}")
        stage.seconds[look.__name__.strip("_")] = round(time.monotonic() - looked, 1)
    verdict.note("answers that no fault explains", stage.load.surprises)
    verdict.note("errors in logs", list(_errors(stage)))
    return verdict


async def _settle(stage: Stage, verdict: Verdict) -> None:
    try:
        await until(lambda: _settled(stage), QUIET_SECONDS)
    except TimeoutError:
        verdict.wrong.append(f"not quiet within {QUIET_SECONDS} s")


async def _settled(stage: Stage) -> bool:
    """A connection that the last fault has cut is no answer."""
    try:
        await stage.stack.settle(next(iter(stage.load.people.values())), QUIET_SECONDS)
    except httpx.TransportError:
        return False
    return True


async def _judge_writes(stage: Stage, verdict: Verdict) -> None:
    """Every acknowledged write happened once, every refused one never, all others at most once."""
    of = defaultdict(list)
    for write in stage.load.ledger.writes.values():
        of[write.service].append(write)
    for service, writes in of.items():
        async with stage.stack.database(service) as connection:
            rows = await connection.fetch(EVENTS, stage.load.tenants)
            kept = {
                table: {
                    str(row["id"]): row["version"]
                    for row in await connection.fetch(VERSIONS.format(table), stage.load.tenants)
                }
                for table in {write.aggregate for write in writes}
            }
        verdict.events += len(rows)
        events: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        for row in rows:
            event = (str(row["aggregate_id"]), row["version"])
            events[row["trace"], row["aggregate"]].append(event)
        lost, doubled = [], []
        for write in writes:
            made = events[write.trace, write.aggregate]
            if write.acknowledged and not _is_kept(write, made, kept[write.aggregate]):
                lost.append(f"{write.method} {write.path} {write.key}")
            if len(made) > (write.acknowledged or write.status is None):
                doubled.append(f"{write.method} {write.path} {write.key} {write.status}: {made}")
        verdict.lost += len(lost)
        verdict.note(f"acknowledged by {service} and lost", lost)
        verdict.note(f"done by {service} more often than answered", doubled)


def _is_kept(write: Write, made: list[tuple[str, int]], kept: dict[str, int]) -> bool:
    return (write.id, write.version) in made and kept.get(write.id, 0) >= write.version


async def _judge_webhooks(stage: Stage, verdict: Verdict) -> None:
    """Each partner was told of each event, signed, and in the same words each time."""
    owed: dict[str, set[str]] = {}
    aggregates = [kind.partition(".")[0] for kind in TYPES]
    for path, tenant in zip(stage.secrets, stage.load.tenants, strict=True):
        owed[path] = await _events_of(stage, tenant, aggregates)

    async def told() -> bool:
        had = _ids_by_path(stage.receiver.told)
        return all(had[path] >= events for path, events in owed.items())

    try:
        await until(told, QUIET_SECONDS)
    except TimeoutError:
        had = _ids_by_path(stage.receiver.told)
        missing = [each for path, events in owed.items() for each in events - had[path]]
        verdict.note("events that a partner was never told", missing)
    _judge_bodies(stage, verdict)


async def _events_of(stage: Stage, tenant: UUID, aggregates: list[str]) -> set[str]:
    found: set[str] = set()
    for name in stage.stack.names:
        async with stage.stack.database(name) as connection:
            found |= {str(row["id"]) for row in await connection.fetch(TOLD, tenant, aggregates)}
    return found


def _ids_by_path(told: list[Told]) -> dict[str, set[str]]:
    had: dict[str, set[str]] = defaultdict(set)
    for each in told:
        had[each.path].add(each.headers["webhook-id"])
    return had


def _judge_bodies(stage: Stage, verdict: Verdict) -> None:
    bodies: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    forged = []
    first: dict[tuple[str, str], Told] = {}
    for told in stage.receiver.told:
        of = (told.path, told.headers["webhook-id"])
        bodies[of].add(sha256(told.body).digest())
        first.setdefault(of, told)
        try:
            told.verify(stage.secrets[told.path])
        except WebhookVerificationError as error:
            forged.append(f"{of}: {error}")
    verdict.note("webhooks that are not signed", forged)
    verdict.note(
        "webhooks that changed", [str(of) for of, kinds in bodies.items() if len(kinds) > 1]
    )
    verdict.told_again = len(stage.receiver.told) - len(first)
    verdict.longest_lag_seconds = max(_lags(stage, first.values()), default=0)


def _lags(stage: Stage, first: Iterable[Told]) -> Iterator[float]:
    """By the load's own clock, since those of processes may be wrong."""
    tried = {write.trace: write.tried_at for write in stage.load.ledger.writes.values()}
    for told in first:
        trace = told.headers.get("traceparent", "")[3:35]
        if trace in tried:
            yield (told.at - tried[trace]).total_seconds()


async def _judge_parked(stage: Stage, verdict: Verdict) -> None:
    """What was put aside is what was poisoned, in every service that follows the topic."""
    for service in services(stage.stack.names):
        async with stage.stack.database(service.name) as connection:
            parked = {bytes(row["value"] or b"") for row in await connection.fetch(PARKED)}
        wanted = stage.stack.poison if FOLLOWED in service.follows else set()
        wrong = [repr(value[:80]) for value in parked ^ wanted]
        verdict.note(f"parked by {service.name} and not poison, or the other way round", wrong)


async def _verify(stage: Stage, verdict: Verdict) -> None:
    """`crm verify --all` says that rows, copies, figures and ledgers are equal."""
    status, said = await stage.stack.forge.run("verify", "verify", "--all")
    verdict.verified = status == 0 and said.rstrip().endswith("equal")
    if not verdict.verified:
        verdict.wrong.append(f"crm verify --all exits {status}: {said[-3000:]}")


async def _count_log(stage: Stage, verdict: Verdict) -> None:
    """How often the broker has what it has, each partition from its beginning to its end."""
    topics = {topic for each in services(stage.stack.names) for topic in each.topics}
    settings = Settings(kafka=stage.stack.broker.bootstrap)
    slots = await slots_of(settings, topics)
    client = probe(settings, "counting")
    seen: Counter[UUID] = Counter()
    await client.start()
    try:
        client.assign(slots)
        await client.seek_to_beginning(*slots)
        async for batches in up_to_end(client, slots):
            seen.update(event.id for _, event in readable(batches))
    finally:
        await client.stop()
    verdict.sent_again = seen.total() - len(seen)
    if not seen:
        verdict.wrong.append("no event was found in the broker's log")


def _errors(stage: Stage) -> Iterator[str]:
    """Lines of logs that tell of what nobody has thought of, each line once: what one family of
    faults has led to is not held against the next."""
    for program in stage.stack.programs:
        told, before = program.log.read_bytes(), stage.stack.judged.get(program.name, 0)
        stage.stack.judged[program.name] = len(told)
        for line in told[before:].decode(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                yield f"{program.name}: {line[:300]}"
                continue
            if told.get("level") in {"error", "critical"} and not _expected(told):
                yield f"{program.name}: {line[:600]}"


def _expected(told: dict[str, Any]) -> bool:
    by_client = told.get("logger", "").startswith(CLIENT) or bool(
        CLIENTS_TASK.search(told["event"])
    )
    error = told.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    cut = kind == CANCELLED or bool(CUT_AT_THE_END.search(told["event"]))
    unasked = kind == CUT and told["event"] == NOT_ASKED  # asyncpg's own, of a query given up
    return told["event"] in EXPECTED_ERRORS or by_client or cut or unasked
