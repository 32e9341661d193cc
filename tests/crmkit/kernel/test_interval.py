from datetime import timedelta

import pytest

from crmkit.kernel import interval
from crmkit.kernel.interval import Interval


def test_it_is_due_at_first_and_again_so_long_after_each_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = [1000.0]
    monkeypatch.setattr(interval, "monotonic", lambda: at[0])
    hourly = Interval(timedelta(hours=1))
    assert hourly.due
    assert hourly.due, "asking changes nothing"
    hourly.restart()
    at[0] += 3599
    assert not hourly.due
    at[0] += 1
    assert hourly.due
