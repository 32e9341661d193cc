"""Ends with clients of aiokafka: of a client, which may never come, and of a task that uses one.

A client may swallow the cancellation of who waits for it, and may raise one that nobody asked for:
one of no group does when it is stopped before it has begun. One that is cut short on its way, as it
begins or as it stops, leaves a connection open that nobody knows of.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

STOP_SECONDS = 5.0
_MOMENT = 1.0
T = TypeVar("T")
log = structlog.get_logger()
_stopping: set[asyncio.Task[None]] = set()


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """What a client's step returns. Where the caller is cancelled, it has a second to come to its
    end before it is cancelled, too: most answers of a node take a thousandth of that."""
    task = asyncio.create_task(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=_MOMENT)
        finally:
            task.cancel()
            task.add_done_callback(_heard)
        raise


def _heard(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()  # nobody waits for it any more


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Bounded: it waits for a broker that is gone, or for a group that lets it in. It goes on where
    the caller is cancelled meanwhile, so that connections are closed."""
    task = asyncio.create_task(_stop(client))
    _stopping.add(task)
    task.add_done_callback(_stopping.discard)
    await asyncio.shield(task)


async def _stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    task = asyncio.create_task(client.stop())
    task.add_done_callback(_told)
    await asyncio.wait({task}, timeout=STOP_SECONDS)
    if not task.done() or task.cancelled() or task.exception():
        task.cancel()
        await _cut(client)


async def _cut(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """End what a stop has not come to: the task that fetches, the one that asks who leads, and
    connections."""
    for name in ("_fetcher", "_client", "client"):
        part = getattr(client, name, None)
        if part is not None:
            closing = asyncio.create_task(part.close())
            closing.add_done_callback(_told)
            await asyncio.wait({closing}, timeout=_MOMENT)


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
