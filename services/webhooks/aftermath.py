"""What follows from a try, beside its own row: breakers, notices to owners, endpoints disabled."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from prometheus_client import Counter

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.errors import CrmError
from crmkit.metrics import REGISTRY
from services.webhooks import breaker, leases
from services.webhooks.endpoint.commands import clear_warning, disable_endpoint, warn_owner
from services.webhooks.endpoint.domain import GIVEN_UP_AFTER, NOTICE_AFTER, notices_due
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.leases import Tried

NOTICES = Counter(
    "crm_webhook_notices",
    "What owners of endpoints were told, by kind",
    ["kind"],
    registry=REGISTRY,
)
_HOUR_SECONDS = 3600
log = structlog.get_logger()


class Aftermath:
    """Does nothing, and asks the database nothing, after a success that follows a success."""

    async def __call__(self, executor: Executor, system: Database, tried: Tried) -> None:
        await self._judge_host(system, tried)
        claimed, took = tried.claimed, tried.answer.accepted
        if took and claimed.failures == 0:
            return
        tenant_id, endpoint_id = claimed.tenant_id, claimed.endpoint_id
        pulse = await breaker.beat(system, tenant_id, endpoint_id, tried.now, took=took)
        if took:
            if pulse.notices:
                await self._tell(executor, tried, "recovered", clear_warning)
            return
        reason = await self._reason(system, tried, pulse)
        if reason:
            await self._tell(executor, tried, "disabled", disable_endpoint, reason)
        elif notices_due(self._since(tried, pulse), tried.now) > pulse.notices:
            await self._warn(executor, system, tried, pulse)

    async def _judge_host(self, system: Database, tried: Tried) -> None:
        claimed = tried.claimed
        if tried.answer.blames_host:
            await breaker.blame_host(system, claimed.tenant_id, claimed.host, tried.now)
        elif claimed.host_failures != 0 and not tried.answer.final:
            await breaker.acquit_host(system, claimed.tenant_id, claimed.host, tried.now)

    async def _reason(self, system: Database, tried: Tried, pulse: breaker.Pulse) -> str:
        """Why the endpoint is to be disabled, if it is."""
        if tried.answer.gone:
            return "the endpoint answered 410 Gone"
        is_lost = tried.now - self._since(tried, pulse) >= GIVEN_UP_AFTER
        if is_lost or (tried.verdict.gave_up and await leases.is_silent(system, tried.claimed)):
            return "nothing but failures for five days"
        return ""

    async def _warn(
        self, executor: Executor, system: Database, tried: Tried, pulse: breaker.Pulse
    ) -> None:
        since = self._since(tried, pulse)
        due = notices_due(since, tried.now)
        hours = int(NOTICE_AFTER[due - 1].total_seconds()) // _HOUR_SECONDS
        await self._tell(executor, tried, "failing", warn_owner, since, hours)
        await breaker.note(system, tried.claimed.tenant_id, tried.claimed.endpoint_id, due)

    @staticmethod
    def _since(tried: Tried, pulse: breaker.Pulse) -> datetime:
        """Since when it fails; what was before it was resumed does not count."""
        since = pulse.failing_since or tried.now
        resumed = tried.claimed.resumed_at
        return since if resumed is None else max(since, resumed)

    async def _tell(
        self,
        executor: Executor,
        tried: Tried,
        kind: str,
        command: Callable[..., Awaitable[Endpoint]],
        *details: Any,
    ) -> None:
        claimed = tried.claimed
        call = Call(system_actor(claimed.tenant_id), cause=claimed.event_id)
        try:
            await executor.write(call, command, claimed.endpoint_id, *details)
            NOTICES.labels(kind).inc()
        except CrmError as error:
            log.warning("webhook.not_told", endpoint=str(claimed.endpoint_id), error=error.code)
