"""One load on one server, with the CPU it took; and what several say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from benchmarks.ground import Ground, Server
from benchmarks.load import Load


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU-ms an operation, service and PostgreSQL; operations a second; latencies in ms."""

    cpu: float
    rate: float
    p50: float
    p99: float


def middle(samples: Sequence[Sample]) -> Sample:
    """The median, cell by cell."""
    return Sample(
        median(each.cpu for each in samples),
        median(each.rate for each in samples),
        median(each.p50 for each in samples),
        median(each.p99 for each in samples),
    )


def middle_pair(ours: Sequence[Sample], other: Sequence[Sample]) -> tuple[float, float]:
    """CPU of the round whose ratio is the middle one.

    What disturbs the machine longer than a round disturbs both of it; the least of each would be
    of different rounds, and their ratio that of two machines.
    """
    pairs = [(a.cpu, b.cpu) for a, b in zip(ours, other, strict=True)]
    pairs.sort(key=lambda pair: pair[0] / pair[1])
    return pairs[len(pairs) // 2]


class Series:
    """Loads of one operation on one server, one after the other; no request comes twice."""

    def __init__(self, ground: Ground, server: Server, load: Load) -> None:
        self._ground = ground
        self._server = server
        self._load = load
        kind = server.child.name.partition("-")[0]  # all of ours write to the same databases
        self._key = f"{kind} {load.method} {load.body}"

    async def take(self, connections: int, seconds: float, rate: float = 0) -> Sample:
        load = msgspec.structs.replace(
            self._load,
            connections=connections,
            seconds=seconds,
            rate=rate,
            first=self._ground.asked[self._key],
            begun=self._ground.begun[self._key],
            stage=self._ground.stage,
        )
        before = self._ground.cpu(self._server.pid)
        outcome = await self._ground.client.run(load)
        spent = self._ground.cpu(self._server.pid) - before
        self._ground.asked[self._key] += outcome.answered
        return Sample(
            spent * 1000 / outcome.answered,
            outcome.answered / outcome.seconds,
            outcome.p50,
            outcome.p99,
        )
