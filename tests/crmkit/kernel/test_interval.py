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
    seen = [hourly.due, hourly.due]
    hourly.restart()
    for later in (3599, 1):
        at[0] += later
        seen.append(hourly.due)
    assert seen == [True, True, False, True]
