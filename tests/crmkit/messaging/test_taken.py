import pytest
from aiokafka import TopicPartition

from crmkit.messaging import taken
from crmkit.messaging.taken import LeftOut, Taken

LEADS = TopicPartition("crm.lead.v1", 0)


def test_who_waits_for_its_group_for_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Taken()
    waiting.check()
    monkeypatch.setattr(taken, "JOINS_WITHIN", -1.0)
    with pytest.raises(LeftOut):
        waiting.check()
    waiting.on_partitions_assigned([])
    waiting.check()
    waiting.on_partitions_revoked([])
    with pytest.raises(LeftOut):
        waiting.check()


def test_what_was_taken_away_again_is_not_looked_at() -> None:
    waiting = Taken()
    waiting.on_partitions_assigned([LEADS])
    assert waiting.partitions == {LEADS}
    waiting.on_partitions_revoked([LEADS])
    assert waiting.partitions == set()


def test_a_log_that_begins_with_what_comes_later_is_ahead_until_what_is_missing_comes() -> None:
    reading = Taken()
    assert reading.is_ahead(LEADS, 0, gap=True)
    assert reading.is_ahead(LEADS, 1, gap=True)
    assert not reading.is_ahead(LEADS, 2, gap=False)
    assert not reading.is_ahead(LEADS, 3, gap=True)  # dropped by the broker: nobody sends it again


def test_of_a_partition_that_went_to_another_nothing_is_ahead() -> None:
    reading = Taken()
    assert reading.is_ahead(LEADS, 0, gap=True)
    reading.on_partitions_revoked([LEADS])
    assert not reading.is_ahead(LEADS, 1, gap=True)
