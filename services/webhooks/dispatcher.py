"""Sends what is due. A turn claims, sends without holding a connection, and writes the results."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import httpx
import msgspec
import structlog
from prometheus_client import Counter, Histogram
from standardwebhooks import Webhook

from crmkit.db.executor import Executor
from crmkit.db.failures import is_away
from crmkit.db.pool import Database
from crmkit.faults import point
from crmkit.kernel.sealing import unseal
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings
from services.webhooks import leases
from services.webhooks.aftermath import Aftermath
from services.webhooks.delivery.domain import JITTER, TIMEOUT, Answer, judge
from services.webhooks.leases import Claim, Tried
from services.webhooks.outbound import BlockedAddress, make_client
from services.webhooks.outcomes import Outcomes
from services.webhooks.places import Places
from services.webhooks.settings import WebhookSettings

AT_ONCE = 128
"""Tries of one process, beside those in places that endpoints have earned; half of them at most go
to hosts that are not known to answer."""

_PATIENCE = 0.05
_SETTLE_SECONDS = 0.5
_READ_BYTES = 16 * 1024
_KEPT_BYTES = 2 * 1024
SENT = Counter(
    "crm_webhook_attempts",
    "Tries to tell an endpoint, by what came of it",
    ["outcome"],
    registry=REGISTRY,
)
SECONDS = Histogram("crm_webhook_attempt_seconds", "How long tries took", registry=REGISTRY)
log = structlog.get_logger()


class _Traced(msgspec.Struct):
    """What is read of a body: the trace of the request that it comes from."""

    traceparent: str | None = None


class Dispatcher:
    """A schedule of the worker; many may run at once, in one process or in several."""

    def __init__(self, settings: Settings) -> None:
        knobs = settings if isinstance(settings, WebhookSettings) else WebhookSettings.load()
        self.deadline = knobs.webhook_deadline_seconds
        self.key = knobs.webhook_key
        self.client = make_client(knobs.rules)
        self.aftermath = Aftermath()
        self.outcomes = Outcomes()
        self.places = Places()
        self._running: dict[asyncio.Task[None], bool] = {}
        self._settle_at = 0.0

    async def __call__(self, executor: Executor, system: Database) -> bool:
        """One turn that does not wait for slow endpoints: they keep their places meanwhile."""
        now = await leases.present(system)
        if time.monotonic() >= self._settle_at:
            self._settle_at = time.monotonic() + _SETTLE_SECONDS
            await leases.settle(system, now)
        claimed = await self._claim(system, now)
        if claimed:
            point("dispatcher.after_claim")
        for each in claimed:
            task = asyncio.create_task(self._deliver(executor, system, each, now))
            self._running[task] = each.suspect
            task.add_done_callback(self._running.pop)
        if self._running:
            await asyncio.wait(
                self._running, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
        return bool(claimed or self._running)

    async def _claim(self, system: Database, now: datetime) -> list[Claim]:
        free = AT_ONCE + self.places.total - len(self._running)
        suspects = AT_ONCE // 2 - sum(self._running.values())
        if free <= 0:
            return []
        return await leases.claim(system, now, free, max(0, suspects), self.places.extra)

    async def dispatch(self, executor: Executor, system: Database, now: datetime) -> int:
        """One turn as of an instant, to its end; how many deliveries were tried."""
        await leases.settle(system, now)
        claimed = await leases.claim(system, now, AT_ONCE)
        await asyncio.gather(*(self._deliver(executor, system, each, now) for each in claimed))
        return len(claimed)

    async def _deliver(
        self, executor: Executor, system: Database, claimed: Claim, now: datetime
    ) -> None:
        try:
            answer = await self.send(claimed, now)
            self.places.note(claimed.endpoint_id, answer)
            point("dispatcher.after_send")
            jitter = random.randint(-JITTER, JITTER)  # noqa: S311 - spreads load, guards nothing
            verdict = judge(answer, claimed.attempts, now, jitter)
            SENT.labels(verdict.state.value).inc()
            SECONDS.observe(answer.duration_ms / 1000)
            tried = Tried(claimed, answer, verdict, now)
            if await self.outcomes.write(system, tried):
                point("dispatcher.after_finish")
                await self.aftermath(executor, system, tried)
        except Exception as error:  # the lease runs out, and the row is tried again
            say = log.warning if is_away(error) else log.error
            say("webhook.failed", delivery=str(claimed.id), error=repr(error)[:500])

    async def send(self, claimed: Claim, now: datetime) -> Answer:
        """Tell the endpoint once, within the deadline; whatever happens is an Answer."""
        started = time.monotonic()
        answer = await self._answer(claimed, now)
        return replace(answer, duration_ms=int((time.monotonic() - started) * 1000))

    async def _answer(self, claimed: Claim, now: datetime) -> Answer:
        try:
            async with asyncio.timeout(self.deadline):
                return await self._post(claimed, now)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, TIMEOUT)
        except BlockedAddress:
            return Answer(None, "blocked_address", final=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as failure:
            return Answer(None, _told(failure), final=True)
        except Exception as failure:  # an endpoint must not be able to escape its schedule
            return Answer(None, _told(failure))

    async def _post(self, claimed: Claim, now: datetime) -> Answer:
        headers = signed(claimed, now, list(self._secrets(claimed, now)))
        body = claimed.body.encode()
        async with self.client.stream("POST", claimed.url, content=body, headers=headers) as answer:
            read = b""
            async for chunk in answer.aiter_raw():
                read += chunk[: _READ_BYTES - len(read)]
                if len(read) >= _READ_BYTES:
                    break
        return Answer(
            answer.status_code,
            "" if answer.is_success else f"status {answer.status_code}",
            excerpt=_printable(read[:_KEPT_BYTES]),
            retry_after=answer.headers.get("retry-after"),
        )

    def _secrets(self, claimed: Claim, now: datetime) -> Iterator[str]:
        for sealed in claimed.keyring.signing(now):
            yield unseal(self.key, claimed.tenant_id, claimed.endpoint_id, sealed)


def signed(claimed: Claim, now: datetime, secrets: list[str]) -> dict[str, str]:
    """The headers of Standard Webhooks; `now` is UTC, for `sign` takes any zone for UTC."""
    event_id = str(claimed.event_id)
    signatures = [Webhook(secret).sign(event_id, now, claimed.body) for secret in secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": "Dealstream-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    if claimed.replays:
        headers["webhook-replay"] = "true"
    trace = msgspec.json.decode(claimed.body, type=_Traced).traceparent
    return headers | ({"traceparent": trace} if trace else {})


def _told(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"[:500]


def _printable(read: bytes) -> str:
    """Text that PostgreSQL takes: no NUL, no broken UTF-8."""
    return read.decode(errors="backslashreplace").replace("\0", "\\0")
