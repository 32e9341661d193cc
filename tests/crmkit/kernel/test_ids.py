"""What ids tell of the instant at which they were made, also where the clock was set."""

import time
from datetime import timedelta

import pytest

from crmkit.kernel import clock, ids

MANY = 10_000
HOUR_NS, MINUTE_NS = 3600 * 10**9, 60 * 10**9


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """So many nanoseconds the clock is ahead."""
    ahead, time_ns = [0], time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: time_ns() + ahead[0])
    return ahead


def test_each_id_is_greater_than_all_before_and_says_when_it_was_made() -> None:
    before = clock.now() - timedelta(milliseconds=1)
    made = [ids.new() for _ in range(MANY)]
    assert made == sorted(set(made))
    assert before <= ids.instant(made[0])
    assert {each.version for each in made} == {7}


def test_ids_keep_their_order_over_a_clock_that_steps_back_a_little(shift: list[int]) -> None:
    first = ids.new()
    shift[0] = -MINUTE_NS // 2
    made = [first, *(ids.new() for _ in range(MANY))]
    assert made == sorted(set(made))


def test_ids_tell_the_time_again_as_soon_as_a_clock_that_was_ahead_is_put_right(
    shift: list[int],
) -> None:
    shift[0] = HOUR_NS
    ahead = ids.new()
    shift[0] = 0
    right, now = ids.new(), clock.now()
    assert ids.instant(ahead) > now + timedelta(minutes=59)
    assert abs(ids.instant(right) - now) < timedelta(minutes=1)
    assert ids.floor(now - timedelta(minutes=1)) < right < ids.floor(now + timedelta(minutes=1))
