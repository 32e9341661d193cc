"""A replay's life, and how far it is."""

from dataclasses import dataclass

from crmkit.kernel.labels import Labelled


class ReplayState(Labelled):
    """Where a replay stands; `finished` once nothing it found is on its way."""

    RUNNING = "running", "进行中", "Running"
    FINISHED = "finished", "已完成", "Finished"
    CANCELED = "canceled", "已取消", "Canceled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many events were found so far, and what became of them."""

    found: int
    delivered: int
    waiting: int
    given_up: int
