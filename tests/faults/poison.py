"""Records on a topic of ours that are no events of ours."""

from crmkit.kernel import ids
from crmkit.messaging.broker import producer
from crmkit.service import services
from crmkit.settings import Settings
from crmkit.testing.house import until
from tests.faults.stack import FOLLOWED, Stage

PARKED = "select distinct value from parked where value = any($1)"
LARGE = 300_000
PARKED_WITHIN = 150
"""Seconds; under a load beyond what the house can do, consumers are behind by as many."""


def records() -> list[bytes]:
    """Each different from all that were sent before."""
    name = str(ids.new())
    return [
        f"no JSON {name}".encode(),
        f'{{"id":"{name}"}}'.encode(),
        f'{{"specversion":"1.0","id":"{name}","position":NaN}}'.encode(),
        f'["{name}"]'.encode() + b"\xff\xfe",
        name.encode() * (LARGE // len(name)),
    ]


async def send_poison(stage: Stage) -> None:
    """Put them on the topic, among the events of the load."""
    sent = records()
    stage.stack.poison |= set(sent)
    await _send(stage, sent)
    stage.did("poison records", len(sent))


async def send_again(stage: Stage) -> None:
    """To a broker that has lost its log: what somebody has not put aside, which may be gone."""
    await _send(stage, sorted(await _not_parked(stage)))


async def _send(stage: Stage, values: list[bytes]) -> None:
    client = producer(Settings(kafka=stage.stack.broker.bootstrap), "poisoner")
    await client.start()
    try:
        for number, value in enumerate(values):
            await client.send_and_wait(FOLLOWED, value, partition=number % 4)
    finally:
        await client.stop()


async def poison(stage: Stage) -> None:
    """Every service that follows the topic puts them aside, and goes on with what comes behind."""
    for _ in stage.rounds():
        await stage.load.acknowledge(2)
        await send_poison(stage)
        await stage.load.acknowledge(2)
    await all_parked(stage)


async def all_parked(stage: Stage) -> None:
    """TimeoutError where some of it is not put aside in time."""

    async def done() -> bool:
        return not await _not_parked(stage)

    await until(done, PARKED_WITHIN)


async def _not_parked(stage: Stage) -> set[bytes]:
    wanted, missing = list(stage.stack.poison), set[bytes]()
    for service in services(stage.stack.names):
        if FOLLOWED in service.follows:
            async with stage.stack.database(service.name) as connection:
                parked = await connection.fetch(PARKED, wanted)
            missing |= set(wanted) - {row["value"] for row in parked}
    return missing
