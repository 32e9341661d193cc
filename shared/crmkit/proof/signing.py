"""A schedule that signs the ledger's root, once each UTC day."""

from datetime import timedelta

import structlog

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.interval import Interval
from crmkit.messaging.roots import sign_root, signing_key
from crmkit.settings import Settings

_LOOK = timedelta(seconds=5)
log = structlog.get_logger()


class Signing:
    """Signs where the ledger ends at the first turn of a day; says once that it has no key."""

    def __init__(self, service: str, settings: Settings) -> None:
        self.service = service
        self.key = signing_key(settings.ledger_key)
        self._next = Interval(_LOOK)
        if self.key is None:
            log.warning("ledger.unsigned", service=service, detail="CRM_LEDGER_KEY is not set")

    async def __call__(self, _: Executor, system: Database) -> bool:
        if self.key is not None and self._next.due:
            self._next.restart()
            if await sign_root(system, self.service, self.key):
                log.info("ledger.signed", service=self.service, day=str(clock.now().date()))
        return False
