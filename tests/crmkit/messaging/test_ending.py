"""A client of aiokafka may swallow a cancellation, raise one of its own, or never stop."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from crmkit import worker
from crmkit.messaging import broker, ending, relay
from crmkit.messaging.broker import consumer, ensure_topics, probe, slots_of
from crmkit.messaging.ending import end_if_asked, stop
from crmkit.messaging.relay import Relay
from crmkit.settings import Settings
from crmkit.testing.house import House, until
from crmkit.worker import DutyEndedError, end, work
from tests.faults.proxy import Proxy

_SOON = 5.0
"""Seconds in which what was cut has come to its end."""


class Client:
    """Stops as it is told to."""

    def __init__(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.stop = act


async def cancelled() -> None:
    raise asyncio.CancelledError


async def failing() -> None:
    raise ConnectionError("away")


@pytest.mark.parametrize("act", [cancelled, failing])
async def test_whatever_a_stop_raises_is_not_ours(
    act: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    await stop(Client(act))


async def test_a_stop_that_never_comes_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "STOP_SECONDS", 0.01)
    stopping: list[asyncio.Task[Any] | None] = []
    asked = asyncio.Event()

    async def never() -> None:
        stopping.append(asyncio.current_task())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            asked.set()
        await asyncio.Event().wait()

    await stop(Client(never))
    await asked.wait()
    (left,) = stopping
    assert left is not None
    assert not left.done()
    await end([left])


async def test_a_client_that_is_stopped_before_it_has_begun_raises_a_cancellation(
    house: House,
) -> None:
    """What aiokafka does; where it no longer does, `end_if_asked` may be less suspicious."""
    await house.work("leads")
    client = probe(house.settings("leads"), "test.ending")
    await client.start()
    with pytest.raises(asyncio.CancelledError):
        await client.stop()


async def test_a_cancellation_that_was_swallowed_counts_at_the_next_look() -> None:
    begun, swallowed = asyncio.Event(), asyncio.Event()

    async def swallow() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        end_if_asked()
        raise AssertionError("it was asked")

    task = asyncio.create_task(swallow())
    await begun.wait()
    await end([task])
    assert swallowed.is_set()
    assert task.cancelled()


async def test_a_relay_goes_on_after_a_cancellation_that_nobody_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a lock of its own: another test may have forecast's relay run, which keeps that one."""
    await house.work("leads")  # has the broker run
    tries = 0

    async def cut_short(*given: Any) -> None:
        nonlocal tries
        if asyncio.current_task() is not task:
            return await ensure_topics(*given)
        tries += 1
        raise asyncio.CancelledError

    async def tried_again() -> bool:
        return tries > 1

    idle = Relay(
        "forecast", await house.system("forecast"), house.settings("forecast"), frozenset()
    )
    for name in ("_LOCK", "_UNLOCK"):
        own = getattr(relay, name).replace("crm.relay", "crm.test.ending")
        monkeypatch.setattr(relay, name, own)
    monkeypatch.setattr(relay, "ensure_topics", cut_short)
    task = asyncio.create_task(idle.run())
    await until(tried_again)
    await end([task])
    assert task.cancelled()


async def test_a_duty_that_ends_by_itself_ends_the_worker(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def duties(*_: Any) -> list[Awaitable[Any]]:
        return [asyncio.sleep(0), asyncio.Event().wait()]

    monkeypatch.setattr(worker, "_duties", duties)
    monkeypatch.setattr(worker, "leave_to_stand", lambda: None)
    loop = asyncio.get_running_loop()
    try:
        with pytest.raises(DutyEndedError):
            await work([house.service("leads")])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@pytest.mark.parametrize("ask", [ensure_topics, slots_of])
async def test_who_is_cut_as_it_asks_its_first_node_leaves_no_connection(
    house: House, ask: Callable[[Settings, list[str]], Coroutine[Any, Any, Any]]
) -> None:
    await house.work("leads")  # has the broker run
    first = Proxy(lambda: int(house.broker.bootstrap.rpartition(":")[2]))
    await first.start()
    first.delay_seconds = 0.05  # twice for versions, twice for metadata
    settings = Settings(kafka=f"127.0.0.1:{first.port}")
    asking = asyncio.create_task(ask(settings, ["crm.lead.v1"]))
    asyncio.get_running_loop().call_later(0.15, asking.cancel)
    with pytest.raises(asyncio.CancelledError):
        await asking

    async def closed() -> bool:
        return not first.links

    try:
        await until(closed, _SOON)
    finally:
        await first.stop()
    assert first.counts.connections == 1


async def test_what_a_stop_that_takes_too_long_has_not_come_to_is_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "STOP_SECONDS", 0.01)
    await house.work("leads")
    settings = Settings(kafka=house.broker.bootstrap)
    await ensure_topics(settings, ["crm.lead.v1"])
    before = asyncio.all_tasks()
    client = consumer(settings, "crm.test_cut")
    client.subscribe(["crm.lead.v1"])
    starting = asyncio.create_task(client.start())

    async def joins() -> bool:
        return client._coordinator is not None

    await until(joins)
    starting.cancel()
    await stop(client)

    async def ended() -> bool:
        return not client._client._conns or asyncio.all_tasks() <= before | {starting}

    await until(ended, _SOON)
    assert not any(connection.connected() for connection in client._client._conns.values())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_without_a_second_for_a_step_its_connection_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    async def cut(step: Coroutine[Any, Any, Any]) -> Any:
        return await step

    monkeypatch.setattr(broker, "whole", cut)
    monkeypatch.setattr(sys.modules[__name__], "_SOON", 2)
    with pytest.raises(TimeoutError):
        await test_who_is_cut_as_it_asks_its_first_node_leaves_no_connection(house, slots_of)
    gc.collect()  # says what was left, here and not in another test


async def test_without_an_end_for_what_is_left_a_client_that_was_stopped_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    cut, left = ending._cut, []

    async def leave(client: Any) -> None:
        left.append(client)

    monkeypatch.setattr(ending, "_cut", leave)
    monkeypatch.setattr(sys.modules[__name__], "_SOON", 2)
    try:
        with pytest.raises((AssertionError, TimeoutError)):
            await test_what_a_stop_that_takes_too_long_has_not_come_to_is_ended(house, monkeypatch)
    finally:
        for client in left:
            await cut(client)
    assert left
