"""市场覆盖率 how many of the accounts we aim at we know somebody at."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled

MOST_TARGETS = 100_000
MOST_GROUPS = 1000
_PLACES = Decimal("0.0001")


class CoverageBy(Labelled):
    """By what of accounts coverage is told apart."""

    OWNER = "owner", "负责人", "Owner"
    TEAM = "team", "团队", "Team"
    REGION = "region", "区域", "Region"


KINDS = {each.value: each for each in CoverageBy}


@dataclass(frozen=True, slots=True)
class Covered:
    """Some target accounts, and how many of them have a contact at least."""

    targets: int
    covered: int

    @property
    def coverage(self) -> str | None:
        """覆盖率 covered ÷ targets, 0 to 1 with four places, halves up; None of no targets."""
        if not self.targets:
            return None
        share = Decimal(self.covered) / self.targets
        return f"{share.quantize(_PLACES, ROUND_HALF_UP):f}"


@dataclass(frozen=True, slots=True)
class Group:
    """Those of one owner, team or region: an id, a path, or a name, which may be empty."""

    key: str
    of: Covered


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole, and its groups, those of most targets first; `truncated` where there are more
    than a thousand."""

    whole: Covered
    groups: Sequence[Group]
    truncated: bool


def demand_bounded(targets: int) -> None:
    """Conflict `coverage.too_many` of more than 100,000 accounts, whose contacts would all be
    looked for."""
    if targets > MOST_TARGETS:
        raise Conflict(
            f"more than {MOST_TARGETS} accounts: name a segment, a team or a region",
            code="coverage.too_many",
        )
