"""What lies between the house and its dependencies: slow, silent, cut, and lossy."""

from crmkit.testing.house import until
from tests.faults.proxy import Proxy
from tests.faults.stack import Stage

BETWEEN, BETWEEN_SECONDS = 3, 0.25
"""Acknowledged before the next reset, and so long: who is cut off all the time does nothing."""

DELAY_SECONDS, DELAYED_SECONDS = 0.05, 0.25
LOST_AT_ONCE = 3


def proxies(stage: Stage) -> list[Proxy]:
    return [stage.stack.to_postgres, stage.stack.to_broker]


async def reset_connections(stage: Stage) -> None:
    """RST on every connection, again and again."""
    for _ in stage.rounds(3):
        for proxy in proxies(stage):
            await stage.load.acknowledge(BETWEEN, lasting=BETWEEN_SECONDS)
            stage.did("connections reset", proxy.reset())


async def delay_bytes(stage: Stage) -> None:
    """Whatever is sent comes later."""
    for _ in stage.rounds():
        for proxy in proxies(stage):
            before = proxy.counts.delayed
            proxy.delay_seconds = DELAY_SECONDS
            await stage.load.acknowledge(BETWEEN, lasting=DELAYED_SECONDS)
            proxy.delay_seconds = 0
            stage.did("chunks delayed", proxy.counts.delayed - before)


async def swallow_bytes(stage: Stage) -> None:
    """Connections stand, and nothing comes out of them; they are cut afterwards, for what was
    swallowed would never come."""
    for _ in stage.rounds():
        for proxy in proxies(stage):
            proxy.swallows = True
        await stage.load.gives_up()
        for proxy in proxies(stage):
            proxy.swallows = False
            proxy.reset()
            stage.did("black holes")


async def lose_commit_replies(stage: Stage) -> None:
    """The server has committed, and its client never hears of it: the write is sent again."""
    proxy = stage.stack.to_postgres
    for _ in stage.rounds(2):
        before = proxy.counts.lost_replies
        proxy.loses = LOST_AT_ONCE
        await stage.load.acknowledge(BETWEEN)
        await until(lambda: _all_lost(stage), 60)
        stage.did("replies to commits lost", proxy.counts.lost_replies - before)


async def _all_lost(stage: Stage) -> bool:
    return stage.stack.to_postgres.loses == 0
