"""Webhooks: how many deliveries one process sends, and how late a write is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

from benchmarks import statements
from benchmarks.client import Sink
from benchmarks.data import connected
from benchmarks.draining import has_heard
from benchmarks.figures import Figure, figure
from benchmarks.ground import Ground, Server
from benchmarks.measure import percentile
from benchmarks.plan import Plan
from benchmarks.requests import OURS
from benchmarks.samples import Series
from benchmarks.tenant import TENANT
from crmkit.kernel import clock

_ENDPOINTS = 16
"""As many as it takes to fill a dispatcher's 128 places, at eight each."""

_BODY = (
    '{"specversion":"1.0","id":"0190c000-0000-7000-8000-000000000001","source":"/leads",'
    '"type":"lead.created.v1","datacontenttype":"application/json","data":{"state":{"need":"'
    + "Two lines of visual inspection for gearbox housings. " * 12
    + '"}}}'
)
_CONNECTIONS = 64
_WARM_SECONDS = 2.0
_PATIENCE = 120


async def dispatch(ground: Ground, plan: Plan) -> list[Figure]:
    """What one process sends."""
    if not plan.wants("dispatch"):
        return []
    await _begin_log_anew(ground)
    async with Sink() as sink:
        return await _dispatch(ground, plan, sink)


async def latency(ground: Ground, plan: Plan) -> list[Figure]:
    """The way of a write, at 200 and at 1,000 a second."""
    if not plan.wants("latency"):
        return []
    await _begin_log_anew(ground)
    async with Sink() as sink:
        return await _latencies(ground, plan, sink)


async def _begin_log_anew(ground: Ground) -> None:
    """A broker with nothing in it, and nobody who would fill it: else webhooks would first hear of
    all that ever happened."""
    await ground.restart_broker()
    for service in ("leads", "opportunities"):
        async with connected(ground.postgres, service) as connection:
            await connection.execute("delete from outbox")
            await connection.execute(statements.FORGET_LOG)


async def _dispatch(ground: Ground, plan: Plan, sink: Sink) -> list[Figure]:
    await _listen(ground, sink, _ENDPOINTS, "contract.signed.v1")
    each = plan.deliveries // _ENDPOINTS
    total = each * _ENDPOINTS
    async with connected(ground.postgres, "webhooks") as webhooks:
        await webhooks.execute(statements.DELIVERIES, TENANT, _BODY, each)
        await webhooks.execute("vacuum analyze")
        async with ground.working("webhooks") as pid:
            await _until(lambda: _reached(webhooks, 1))
            first: int = await webhooks.fetchval(statements.DELIVERED)
            started, before = time.perf_counter(), ground.cpu(pid)
            await _until(lambda: _reached(webhooks, total))
            seconds, cpu = time.perf_counter() - started, ground.cpu(pid) - before
        await webhooks.execute("update endpoint set status = 'paused'")
    sent = total - first
    return [
        figure("dispatch.rate", sent / seconds),
        figure("dispatch.cpu", cpu * 1000 / sent),
    ]


async def _reached(webhooks: Any, wanted: int) -> bool:
    return int(await webhooks.fetchval(statements.DELIVERED)) >= wanted


async def _latencies(ground: Ground, plan: Plan, sink: Sink) -> list[Figure]:
    """One endpoint hears of every lead; then the figures alone, five times as fast."""
    await _listen(ground, sink, 1, "lead.created.v1")
    found = []
    async with ground.serving("leads") as api, connected(ground.postgres, "webhooks") as webhooks:
        before: int = await webhooks.fetchval(statements.DELIVERED)
        async with ground.working("leads", "reporting", "webhooks"):
            written = await _warm(ground, api, plan, 200)
            await _until(lambda: _reached(webhooks, before + written))
            await sink.latencies()
            p50, p99 = await _write(ground, api, plan, 200)
            found += _pair("latency.rollup.200", p50, p99)
            taken = await _told(sink)
            found += _pair("latency.webhook.200", percentile(taken, 0.5), percentile(taken, 0.99))
        async with ground.working("leads", "reporting"):
            await _warm(ground, api, plan, 1000)
            p50, p99 = await _write(ground, api, plan, 1000)
            found += _pair("latency.rollup.1000", p50, p99)
    return found


def _pair(name: str, p50: float, p99: float) -> list[Figure]:
    return [figure(f"{name}.p50", p50), figure(f"{name}.p99", p99)]


async def _warm(ground: Ground, api: Server, plan: Plan, rate: float) -> int:
    """Write until all who work have joined their groups and plans are made; how much."""
    since = clock.now()
    await _take(ground, api, min(_WARM_SECONDS, plan.latency_seconds), rate)
    async with connected(ground.postgres, "leads") as leads:
        found: int = await leads.fetchval(statements.WRITTEN, TENANT, since)
        return found


async def _write(ground: Ground, api: Server, plan: Plan, rate: float) -> tuple[float, float]:
    """Write at that rate; p50 and p99 in ms from a command's instant to its figures' commit."""
    since = clock.now()
    await _take(ground, api, plan.latency_seconds, rate)
    async with connected(ground.postgres, "reporting") as reporting:
        found = await reporting.fetchrow(statements.ARRIVALS, TENANT, since)
    return float(found["p50"]), float(found["p99"])


async def _take(ground: Ground, api: Server, seconds: float, rate: float) -> None:
    """Write, and wait until the figures have all of it."""
    series = Series(ground, api, OURS["create"].load(ground, api.port))
    await series.take(_CONNECTIONS, seconds, rate)
    async with (
        connected(ground.postgres, "leads") as leads,
        connected(ground.postgres, "reporting") as reporting,
    ):
        await _until(lambda: _arrived(leads, reporting))


async def _arrived(leads: Any, reporting: Any) -> bool:
    told = await leads.fetchval(statements.TOLD)
    return bool(told) and await has_heard(leads, reporting, "leads")


async def _told(sink: Sink) -> Sequence[float]:
    """All that comes, until nothing has come for a second."""
    taken: list[float] = []
    while more := await sink.latencies():
        taken += more
        await asyncio.sleep(1)
    return sorted(taken)


async def _listen(ground: Ground, sink: Sink, endpoints: int, kind: str) -> None:
    """Endpoints made as partners make them, so that their secrets are sealed."""
    async with (
        ground.serving("webhooks") as api,
        httpx.AsyncClient(headers=ground.operator, timeout=10) as client,
    ):
        for n in range(endpoints):
            answer = await client.post(
                f"http://127.0.0.1:{api.port}/v1/webhook-endpoints",
                json={
                    "name": f"Sink {n}",
                    "url": f"http://127.0.0.1:{sink.port}/{n}",
                    "types": [kind],
                },
            )
            answer.raise_for_status()


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not await done():  # noqa: ASYNC110 - what is waited for lies in databases
            await asyncio.sleep(0.05)
