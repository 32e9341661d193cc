"""The broker that tests run against: CRM_TEST_BROKER=kafka takes Apache Kafka, NODES how many."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Protocol

from aiokafka.admin import AIOKafkaAdminClient

from crmkit.local.broker import Broker
from crmkit.local.jars import missing
from crmkit.local.kafka import Kafka
from crmkit.testing.machine import lacking

_REMOVED_WITHIN = 3


class TriedBroker(Protocol):
    """What a test may do to the broker."""

    replication: int

    @property
    def bootstrap(self) -> str: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def lose_log(self) -> None:
        """Take away all it holds; it is at the same address afterwards, and empty."""

    def freeze(self) -> None:
        """It keeps its connections, and answers nobody."""

    def thaw(self) -> None: ...

    async def revive(self) -> None:
        """Whatever was done to its processes: they run."""


class Embedded(Broker):
    """Its log is in memory."""

    replication = 1

    async def lose_log(self) -> None:
        self._signal(signal.SIGKILL)
        await self.wait()
        await self.start()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def revive(self) -> None:
        self.thaw()
        await self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Apache(Kafka):
    """Its log outlives its processes, so that it is lost by the topic."""

    async def start(self) -> None:
        if missing():
            lacking("Apache Kafka", missing())
        await super().start()

    async def lose_log(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        await admin.start()
        try:
            topics = [name for name in await admin.list_topics() if not name.startswith("__")]
            await admin.delete_topics(topics)
            deadline = time.monotonic() + _REMOVED_WITHIN  # a relay may make one again at once
            there = set(topics)
            while there and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
                there &= set(await admin.list_topics())
        finally:
            await admin.close()

    def freeze(self) -> None:
        for node in self.nodes:
            node.freeze()

    def thaw(self) -> None:
        for node in self.nodes:
            node.thaw()

    async def revive(self) -> None:
        self.thaw()
        await asyncio.gather(*(self.restart(node) for node in self.nodes))


def apache_wanted() -> bool:
    return os.environ.get("CRM_TEST_BROKER", "embedded") == "kafka"


def tried_broker(folder: Path, nodes: int | None = None) -> TriedBroker:
    """Not started yet; `nodes` of Apache Kafka, as NODES says if left out."""
    if apache_wanted():
        return Apache(folder, nodes or int(os.environ.get("NODES") or 3))
    return Embedded(folder)


def reach(broker: TriedBroker) -> dict[str, str]:
    """The settings of processes that are to use the broker."""
    return {"CRM_KAFKA": broker.bootstrap, "CRM_KAFKA_REPLICATION": str(broker.replication)}
