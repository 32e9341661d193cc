"""A process stands still in the middle of its work, another one takes over, and the first wakes."""

import signal
from functools import partial

import psutil

from crmkit.testing.house import until
from tests.e2e.forge import Program
from tests.faults.points import restart
from tests.faults.stack import Stage

WHERE = {
    "leads": "relay.after_send",
    "opportunities": "relay.in_sequence",
    "reporting": "consumer.in_fold",
    "webhooks": "dispatcher.after_send",
}
"""The service, and the step at which its worker stands still."""


async def freeze_and_wake(stage: Stage) -> None:
    """All that is written meanwhile is told and heard while they stand still."""
    stack = stage.stack
    seconds = [stack.program(f"{name}.second", "worker", name) for name in WHERE]
    frozen = [stack.workers[name] for name in WHERE]
    stage.load.pause()
    await stack.settle(next(iter(stage.load.people.values())), 120)
    for name, worker in zip(WHERE, frozen, strict=True):
        worker.told["CRM_FAULT_POINT"] = f"{WHERE[name]}:freeze"
        said = len(worker.log.read_text())
        await restart(worker)
        await until(partial(_joined, worker, said), 60)
    stage.load.resume()
    await until(lambda: _stand_still(frozen), 120)
    stage.faults["worker frozen at work"] += len(frozen)
    for second in seconds:
        await second.start()
    await stage.load.acknowledge(5)
    stage.load.pause()
    await stack.settle(next(iter(stage.load.people.values())), 120)
    for worker in frozen:
        worker.signal(signal.SIGCONT)
        del worker.told["CRM_FAULT_POINT"]
    stage.load.resume()
    await stage.load.acknowledge(5)
    for second in seconds:
        await second.stop()


async def _joined(worker: Program, said: int) -> bool:
    """The embedded broker never forgets a member who stands still before it was let in, and makes
    nobody else the leader; Apache Kafka does."""
    return "Successfully synced group" in worker.log.read_text()[said:]


async def _stand_still(programs: list[Program]) -> bool:
    return all(psutil.Process(each.pid).status() == psutil.STATUS_STOPPED for each in programs)
