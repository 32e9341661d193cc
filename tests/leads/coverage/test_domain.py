"""市场覆盖率 as it is reckoned."""

import pytest

from crmkit.kernel.errors import Conflict
from services.leads.coverage.domain import MOST_TARGETS, Covered, demand_bounded


@pytest.mark.parametrize(
    ("targets", "covered", "coverage"),
    [(4, 1, "0.2500"), (3, 2, "0.6667"), (8000, 1, "0.0001"), (1, 1, "1.0000"), (0, 0, None)],
)
def test_coverage_is_the_share_of_targets_with_a_contact(
    targets: int, covered: int, coverage: str | None
) -> None:
    assert Covered(targets, covered).coverage == coverage


def test_more_targets_than_can_be_looked_through_are_refused() -> None:
    demand_bounded(MOST_TARGETS)
    with pytest.raises(Conflict, match="name a segment") as refusal:
        demand_bounded(MOST_TARGETS + 1)
    assert refusal.value.code == "coverage.too_many"
