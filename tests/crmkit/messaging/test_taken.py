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
