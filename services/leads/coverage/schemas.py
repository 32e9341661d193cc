"""What goes out."""

from typing import Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from services.leads.coverage.domain import Coverage, CoverageBy, Covered

Share = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[01]\.[0-9]{4}$"})]


class CoveredRead(BaseModel):
    """`coverage` is `covered` (accounts with a contact at least) ÷ `targets`, null of none."""

    targets: int
    covered: int
    coverage: Share | None


class CoverageGroupRead(CoveredRead):
    """`key` is an owner's id, a team or a region; a region that nobody said is empty."""

    key: str


class CoverageRead(CoveredRead):
    """市场覆盖率 the whole, and its groups; `truncated` where there are more than a thousand."""

    by: CoverageBy
    groups: list[CoverageGroupRead]
    truncated: bool


def shown(found: Coverage, by: CoverageBy) -> dict[str, Any]:
    """As both doors answer it."""
    groups = [_figures(each.of) | {"key": each.key} for each in found.groups]
    return {"by": by, "groups": groups, "truncated": found.truncated} | _figures(found.whole)


def _figures(of: Covered) -> dict[str, Any]:
    return {"targets": of.targets, "covered": of.covered, "coverage": of.coverage}
