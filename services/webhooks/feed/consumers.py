"""The events of all services, kept in one order."""

from collections.abc import Sequence
from typing import ClassVar

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.events.erasure import erasable
from crmkit.messaging.emptying import erased_records
from services.webhooks import bodies
from services.webhooks.feed.statements import APPEND, REWRITE, TOLD_OF, rows

_ALONE = "set local lock_timeout = '20s'; select pg_advisory_xact_lock(hashtext('crm.feed'))"


class Append:
    """Appends each event once. What is put back stands at the feed's end, under a new cursor."""

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    def __init__(self) -> None:
        self.aggregates = frozenset(bodies.told().values())

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        told = rows(events)
        if not told:
            return
        # A cursor on an identity column loses rows that commit late. Here none can: whoever appends
        # holds this lock until the commit, so cursors become visible in the order they were given.
        await connection.execute(_ALONE)
        await connection.execute(APPEND, *map(list, zip(*told, strict=True)))


class Empty:
    """Takes what told of a person out of events of theirs that the feed has; after `append`, so
    that what comes together with its erasure is emptied as well."""

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    def __init__(self) -> None:
        self.aggregates = erasable()

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        for page in erased_records(events):
            told = await connection.fetch(TOLD_OF, *page)
            rows = [(each["tenant_id"], each["id"], bodies.emptied(each["body"])) for each in told]
            if rows:
                await connection.execute(REWRITE, *map(list, zip(*rows, strict=True)))


append = Append()
empty = Empty()
