from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.delivery.domain import (
    JITTER,
    SCHEDULE,
    TIMEOUT,
    Answer,
    DeliveryState,
    judge,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(status: int | None, tries: int = 1, error: str = "", **given: str | bool) -> timedelta:
    verdict = judge(Answer(status, error, 5, **given), tries, NOW, 0)  # type: ignore[arg-type]  # parameters of a table
    assert verdict.state is DeliveryState.PENDING
    return verdict.next_at - NOW


def test_the_schedule_is_15_tries_over_five_days() -> None:
    assert len(SCHEDULE) == 15
    assert sum(SCHEDULE, timedelta()) == timedelta(hours=123, minutes=42, seconds=35)


@pytest.mark.parametrize("status", range(100, 600))
def test_only_2xx_is_success_and_everything_else_is_tried_again(status: int) -> None:
    verdict = judge(Answer(status, "", 5), 1, NOW, 0)
    expected = DeliveryState.DELIVERED if status // 100 == 2 else DeliveryState.PENDING
    assert verdict.state is expected


def test_each_failure_waits_for_the_next_step_until_there_is_none() -> None:
    for tries in range(1, len(SCHEDULE)):
        assert after(500, tries) == SCHEDULE[tries]
    last = judge(Answer(500, "", 5), len(SCHEDULE), NOW, 0)
    assert last.state is DeliveryState.EXHAUSTED
    assert last.gave_up


@given(st.integers(1, 14), st.integers(-JITTER, JITTER))
def test_the_wait_stays_within_the_jitter(tries: int, jitter: int) -> None:
    wait = judge(Answer(500, "", 5), tries, NOW, jitter).next_at - NOW
    assert SCHEDULE[tries] * 0.79 <= wait <= SCHEDULE[tries] * 1.21


@pytest.mark.parametrize(("status", "error"), [(429, ""), (502, ""), (504, ""), (None, TIMEOUT)])
def test_who_is_overloaded_is_left_alone_for_a_minute(status: int | None, error: str) -> None:
    assert after(status, error=error) == MINUTE


def test_who_refuses_a_connection_is_tried_again_soon() -> None:
    assert after(None, error="ConnectError") == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", 2 * MINUTE),
        ("-1", timedelta(seconds=5)),
        ("0", timedelta(seconds=5)),
        ("1000000000", timedelta(days=1)),
        ("9" * 40, timedelta(days=1)),
        ("1e9", timedelta(seconds=5)),
        ("soon", timedelta(seconds=5)),
        ("--1", timedelta(seconds=5)),
        ("", timedelta(seconds=5)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(seconds=5)),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 10 * MINUTE),
        ("Sun, 22 Nov 2026 12:10:00 -0000", 10 * MINUTE),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        ("Fri, 31 Dec 99999 23:59:59 GMT", timedelta(seconds=5)),
    ],
)
def test_what_a_receiver_asks_for_is_honoured_between_a_second_and_a_day(
    retry_after: str, wait: timedelta
) -> None:
    assert after(503, retry_after=retry_after) == wait


def test_an_address_that_may_not_be_told_is_not_tried_again() -> None:
    verdict = judge(Answer(None, "blocked_address", 1, final=True), 1, NOW, 0)
    assert verdict.state is DeliveryState.EXHAUSTED
    assert not verdict.gave_up
