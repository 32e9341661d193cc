"""A process stands still in the middle of its work for so long that it is given up, and wakes."""

import signal

import psutil

from crmkit.testing.house import until
from tests.crmkit.messaging.test_pipeline import HOLDERS
from tests.e2e.forge import Program
from tests.faults.stack import Stage

WHERE = {
    "leads": "relay.after_send",
    "opportunities": "relay.in_sequence",
    "reporting": "consumer.in_fold",
    "webhooks": "dispatcher.after_send",
}
"""The service, and the step at which its worker stands still."""


async def freeze_and_wake(stage: Stage) -> None:
    """PostgreSQL and the group give them up, and what they go on with does no harm.

    Nobody takes their place meanwhile: the embedded broker never forgets a member of a group who
    stood still among others, and makes nobody else its leader. Apache Kafka does.
    """
    for _ in stage.rounds():
        await _freeze_and_wake(stage)


async def _freeze_and_wake(stage: Stage) -> None:
    workers = [stage.stack.workers[name] for name in WHERE]
    for name, worker in zip(WHERE, workers, strict=True):
        stage.stack.arm(worker, f"{WHERE[name]}:freeze")
    await until(lambda: _stand_still(workers), 120)
    await until(lambda: _given_up(stage), 60)
    for worker in workers:
        stage.stack.arm(worker, "")
        worker.signal(signal.SIGCONT)
    stage.did("worker frozen at work", len(workers))
    await stage.load.acknowledge(5)


async def _stand_still(workers: list[Program]) -> bool:
    return all(psutil.Process(each.pid).status() == psutil.STATUS_STOPPED for each in workers)


async def _given_up(stage: Stage) -> bool:
    """Whether PostgreSQL has ended the sessions by which they were the one relay."""
    for name in WHERE:
        async with stage.stack.database(name) as connection:
            if await connection.fetch(HOLDERS):
                return False
    return True
