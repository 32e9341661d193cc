"""How long to look: short in the suite, and the same every time; `--long` for an hour of chance."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, settings


@dataclass(frozen=True)
class Size:
    """How many stories, and how many steps of each."""

    long: bool

    def settings(self, stories: int, steps: int) -> settings:
        """Of so many in the suite; `--long` takes fifty times as many, by chance."""
        return settings(
            max_examples=stories * 50 if self.long else stories,
            stateful_step_count=steps,
            derandomize=not self.long,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if self.long else [Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="look for bad input for about an hour")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An hour is no hanging."""
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="session")
def size(pytestconfig: pytest.Config) -> Size:
    return Size(bool(pytestconfig.getoption("--long", default=False)))
