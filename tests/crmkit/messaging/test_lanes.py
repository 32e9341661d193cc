"""How many events are folded at once."""

from itertools import groupby
from typing import Any, cast

from aiokafka import ConsumerRecord

from crmkit.messaging.lanes import lanes
from crmkit.messaging.reacting import Read


def read(topic: str, partition: int, offset: int) -> Read:
    record: Any = ConsumerRecord(topic, partition, offset, 0, 0, None, b"", None, -1, 0, ())
    return record, cast("Any", None)


def taken(*lengths: tuple[str, int, int]) -> list[Read]:
    """So many records of each topic and partition."""
    return [read(topic, n, offset) for topic, n, length in lengths for offset in range(length)]


def test_few_events_are_folded_together() -> None:
    fresh = taken(("lead", 0, 500), ("lead", 1, 500))
    assert lanes(fresh) == [fresh]


def test_many_events_are_folded_in_two_parts_of_whole_partitions_about_as_long() -> None:
    fresh = taken(("lead", 0, 900), ("lead", 1, 400), ("deal", 0, 500), ("deal", 1, 100))
    one, other = lanes(fresh)
    assert sorted((len(one), len(other))) == [900, 1000]
    both = [(each[0].topic, each[0].partition) for each in (*one, *other)]
    assert len(list(groupby(both))) == 4  # each of the partitions in one piece
    assert sorted(map(id, (*one, *other))) == sorted(map(id, fresh))


def test_the_events_of_a_partition_stay_in_their_order() -> None:
    fresh = taken(("lead", 0, 700), ("lead", 1, 600))
    for lane in lanes(fresh):
        assert [each[0].offset for each in lane] == list(range(len(lane)))


def test_many_events_of_one_partition_are_not_parted() -> None:
    fresh = taken(("lead", 0, 2000))
    assert lanes(fresh) == [fresh]
