"""Where a walk round a ledger has got to."""

from crmkit.db.pool import Connection
from crmkit.kernel import clock

WINDOW = 200
"""Ledger entries that a look takes, with what they are about."""

_HEAD = "select coalesce(max(position), 0) from ledger"


class Window:
    """The next positions, round and round."""

    def __init__(self) -> None:
        self.first = 0

    async def advance(self, connection: Connection) -> tuple[int, int]:
        """The first position and the one after the last.

        A new process begins anywhere, for those that live briefly would never reach the end.
        """
        head = await connection.fetchval(_HEAD)
        if not self.first:
            self.first = 1 + clock.now().microsecond * head // 1_000_000
        first = self.first if self.first <= head else 1
        self.first = first + WINDOW
        return first, self.first
