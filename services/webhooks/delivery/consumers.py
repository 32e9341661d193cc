"""From events to deliveries, in the transaction in which the feed takes the events in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.events.erasure import erasable
from crmkit.events.webhooks import EndpointTested
from crmkit.kernel import clock
from crmkit.messaging.emptying import erased_records
from services.webhooks import bodies
from services.webhooks.delivery.statements import FAN_OUT, REWRITE, SENT_OF, TRIAL
from services.webhooks.settings import knobs


class FanOut:
    """One delivery for each event that is new to the feed and each endpoint that wants it; comes
    after the feed's fold, in its transaction. Partners were told already of what is put back."""

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = False

    def __init__(self) -> None:
        self.aggregates = frozenset(bodies.told().values())

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        rows = [_row(event) for event in events if bodies.is_told(event)]
        if rows:
            await connection.execute(FAN_OUT, *map(list, zip(*rows, strict=True)))


class Trials:
    """A test event goes to the one endpoint it is about.

    It is in no feed; one older than deliveries are kept had its own, which nobody remembers.
    """

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = False

    aggregates = frozenset({EndpointTested.aggregate})

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        oldest = clock.now() - timedelta(days=knobs().webhook_keep_days)
        rows = [
            (event.tenantid, event.id, event.subject, whole, bodies.thin(whole))
            for event in events
            if event.type == EndpointTested.type and event.recordedat >= oldest
            for whole in [bodies.body(event)]
        ]
        if rows:
            columns = map(list, zip(*rows, strict=True))
            await connection.execute(TRIAL, *columns, EndpointTested.type)


class Empty:
    """Takes what told of a person out of deliveries, those that wait and those that are over."""

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    def __init__(self) -> None:
        self.aggregates = erasable()

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        for page in erased_records(events):
            sent = await connection.fetch(SENT_OF, *page)
            rows = [(each["tenant_id"], each["id"], bodies.emptied(each["body"])) for each in sent]
            if rows:
                await connection.execute(REWRITE, *map(list, zip(*rows, strict=True)))


def _row(event: Wire) -> tuple[Any, ...]:
    return event.tenantid, event.id, *bodies.shapes(bodies.body(event))


fan_out = FanOut()
empty = Empty()
trials = Trials()
