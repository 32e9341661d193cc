"""What must hold once everything is quiet, whatever was done to the house meanwhile."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from standardwebhooks import WebhookVerificationError

from crmkit.events.envelope import Unreadable, read
from crmkit.kernel import clock
from crmkit.service import services
from crmkit.testing.house import until
from tests.e2e.receiver import Told
from tests.faults.load import Write
from tests.faults.stack import FOLLOWED, TYPES, Stage

QUIET_SECONDS = 120
EVENTS = """
select id, substr(traceparent, 4, 32) as trace, aggregate, aggregate_id, version
from event where tenant_id = any($1)
"""
VERSIONS = "select id, version from {} where tenant_id = any($1)"
TOLD = "select id from event where tenant_id = $1 and aggregate = any($2)"
PARKED = "select value from parked"
EXPECTED_ERRORS = frozenset({"consumer.parked"})
"""What a process may call an error; all else in a log of that level is a finding."""

CLIENT = "aiokafka"
"""Its loggers call it an error whenever the broker is away."""

CLIENTS_TASK = "coro=<AIOKafkaClient._md_synchronizer()"
"""A task of its own that may die of a connection cut under it; the client is made anew then."""


@dataclass
class Verdict:
    """What was found wrong, and what was counted on the way."""

    wrong: list[str] = field(default_factory=list)
    events: int = 0
    settled_seconds: float = 0
    sent_again: int = 0
    """Events that the broker's log holds more than once."""

    told_again: int = 0
    """Webhooks that came more than once."""

    longest_lag_seconds: float = 0
    """From a command to the partner who was told last of it."""

    def note(self, what: str, found: list[str]) -> None:
        if found:
            self.wrong.append(f"{what}: {len(found)}, such as {'; '.join(found[:3])}")


async def judge(stage: Stage) -> Verdict:
    """The ORACLE: wait until all is quiet, then hold the house to what it has answered."""
    verdict = Verdict()
    started = clock.now()
    try:
        await stage.stack.settle(next(iter(stage.load.people.values())), QUIET_SECONDS)
    except TimeoutError:
        verdict.wrong.append(f"not quiet within {QUIET_SECONDS} s")
    await _judge_writes(stage, verdict)
    await _judge_webhooks(stage, verdict)
    await _judge_parked(stage, verdict)
    await _verify(stage, verdict)
    await _count_log(stage, verdict)
    verdict.note("answers that no fault explains", stage.load.surprises)
    verdict.note("errors in logs", list(_errors(stage)))
    verdict.settled_seconds = (clock.now() - started).total_seconds()
    return verdict


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
    lags = [(told.at - _happened(told)).total_seconds() for told in first.values()]
    verdict.longest_lag_seconds = max(lags, default=0)


def _happened(told: Told) -> Any:
    return clock.now().fromisoformat(told.event["time"].replace("Z", "+00:00"))


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
    if status != 0 or not said.rstrip().endswith("equal"):
        verdict.wrong.append(f"crm verify --all exits {status}: {said[-3000:]}")


async def _count_log(stage: Stage, verdict: Verdict) -> None:
    """How often the broker has what it has."""
    topics = sorted({topic for each in services(stage.stack.names) for topic in each.topics})
    client = AIOKafkaConsumer(
        bootstrap_servers=stage.stack.broker.bootstrap, auto_offset_reset="earliest"
    )
    seen: Counter[UUID] = Counter()
    await client.start()
    try:
        slots = [
            slot for name in topics for slot in _slots(name, client.partitions_for_topic(name))
        ]
        client.assign(slots)
        ends = await client.end_offsets(slots)
        while any([await client.position(slot) < ends[slot] for slot in slots]):
            for records in (await client.getmany(timeout_ms=200)).values():
                seen.update(_ids(records))
    finally:
        await client.stop()
    verdict.sent_again = seen.total() - len(seen)


def _slots(name: str, partitions: set[int] | None) -> list[Any]:
    return [TopicPartition(name, number) for number in partitions or ()]


def _ids(records: list[Any]) -> Iterator[UUID]:
    for record in records:
        try:
            yield read(record.value).id
        except Unreadable:
            continue


def _errors(stage: Stage) -> Iterator[str]:
    """Lines of logs that tell of what nobody has thought of."""
    for program in stage.stack.programs:
        for line in program.log.read_text(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                yield f"{program.name}: {line[:300]}"
                continue
            if told.get("level") in {"error", "critical"} and not _expected(told):
                yield f"{program.name}: {line[:600]}"


def _expected(told: dict[str, Any]) -> bool:
    by_client = told.get("logger", "").startswith(CLIENT) or CLIENTS_TASK in told["event"]
    return told["event"] in EXPECTED_ERRORS or by_client
