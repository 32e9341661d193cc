"""Ends with clients of aiokafka: of a client, which may never come, and of a task that uses one.

A client may swallow the cancellation of who waits for it, and may raise one that nobody asked for:
one of no group does when it is stopped before it has begun.
"""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

STOP_SECONDS = 5.0
log = structlog.get_logger()


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Bounded: it waits for a broker that is gone. What takes longer is left to itself, and goes on
    where the caller is cancelled meanwhile, so that connections are closed."""
    task = asyncio.create_task(client.stop())
    task.add_done_callback(_told)
    done, _ = await asyncio.wait({task}, timeout=STOP_SECONDS)
    if not done:
        task.cancel()


def _told(task: asyncio.Task[None]) -> None:
    if task.cancelled():
        return
    if error := task.exception():
        log.warning("client.stop", error=repr(error))


def is_asked_to_end() -> bool:
    """Whether somebody has cancelled this task, though a client may have swallowed it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def end_if_asked() -> None:
    """CancelledError where `is_asked_to_end`."""
    if is_asked_to_end():
        raise asyncio.CancelledError
