import pytest

from crmkit.kernel import brief
from crmkit.kernel.brief import Brief


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A monotonic clock that stands still until the test turns it on."""
    at = [1000.0]
    monkeypatch.setattr(brief, "monotonic", lambda: at[0])
    return at


def test_what_is_kept_is_found_until_its_time_is_over(still: list[float]) -> None:
    memory: Brief[str, int] = Brief()
    memory.keep("a", 1, 2.0)
    assert memory.find("a") == (1, 1002.0)
    assert memory.find("b") is None
    still[0] = 1002.0
    assert memory.find("a") is None
    assert len(memory) == 0


def test_what_was_used_longest_ago_goes_first() -> None:
    memory: Brief[int, int] = Brief()
    for n in range(brief.MOST_KEPT):
        memory.keep(n, n, 60)
    assert memory.find(0) is not None
    memory.keep(-1, -1, 60)
    assert len(memory) == brief.MOST_KEPT
    assert memory.find(1) is None
    assert memory.find(0) is not None


async def test_what_is_remembered_is_asked_for_once_until_it_has_to_be_fresh() -> None:
    memory: Brief[str, int] = Brief()
    said = iter((1, 2))

    async def ask() -> int:
        return next(said)

    assert [await memory.recall("a", ask, 60) for _ in "12"] == [1, 1]
    assert await memory.recall("a", ask, 60, fresh=True) == 2
    assert await memory.recall("a", ask, 60) == 2
