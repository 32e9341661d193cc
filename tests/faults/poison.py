"""Records on a topic of ours that are no events of ours."""

from crmkit.kernel import ids
from crmkit.messaging.broker import producer
from crmkit.service import services
from crmkit.settings import Settings
from crmkit.testing.house import until
from tests.faults.stack import FOLLOWED, Stage

PARKED = "select count(*) from parked where value = any($1)"
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
    client = producer(Settings(kafka=stage.stack.broker.bootstrap), "poisoner")
    await client.start()
    try:
        for number, value in enumerate(sent):
            await client.send_and_wait(FOLLOWED, value, partition=number % 4)
    finally:
        await client.stop()
    stage.stack.poison |= set(sent)
    stage.did("poison records", len(sent))


async def poison(stage: Stage) -> None:
    """Every service that follows the topic puts them aside, and goes on with what comes behind."""
    for _ in stage.rounds():
        await stage.load.acknowledge(2)
        await send_poison(stage)
        await stage.load.acknowledge(2)
    await all_parked(stage)


async def all_parked(stage: Stage) -> None:
    """TimeoutError where some of it is not put aside in time."""
    await until(lambda: _all_parked(stage), PARKED_WITHIN)


async def _all_parked(stage: Stage) -> bool:
    wanted = list(stage.stack.poison)
    for service in services(stage.stack.names):
        if FOLLOWED in service.follows:
            async with stage.stack.database(service.name) as connection:
                if await connection.fetchval(PARKED, wanted) < len(wanted):
                    return False
    return True
