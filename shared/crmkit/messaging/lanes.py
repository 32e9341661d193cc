"""Many events at once, as two workers would have them that have their partitions between them."""

from collections.abc import Sequence

from crmkit.messaging.reacting import Read

_MANY = 1000


def lanes(fresh: Sequence[Read]) -> list[list[Read]]:
    """Two where there are many, about as long, of whole partitions: while PostgreSQL writes one, we
    read the other, and it writes on two processors.

    What folds take in of an aggregate stays in order, so that an erasure finds each state that was
    told before it.
    """
    if len(fresh) <= _MANY:
        return [list(fresh)]
    partitions: dict[tuple[str, int], list[Read]] = {}
    for each in fresh:
        partitions.setdefault((each[0].topic, each[0].partition), []).append(each)
    both: tuple[list[Read], list[Read]] = ([], [])
    for partition in sorted(partitions.values(), key=len, reverse=True):
        min(both, key=len).extend(partition)
    return [lane for lane in both if lane]
