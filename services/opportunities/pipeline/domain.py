"""销售流程 the stages a deal passes through, and how likely each makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid

Document = list[dict[str, str | int]]
"""Stages as they are kept and told."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step; `probability` is the chance in percent that a deal standing there is won."""

    code: str
    name: str
    probability: int


@dataclass(frozen=True, slots=True)
class Course:
    """The stages a deal passes through, in order; never empty."""

    pipeline_id: UUID
    stages: tuple[Stage, ...]

    def stage(self, code: str | None) -> Stage:
        """The stage of that code, the first where none is named; Invalid `stage.unknown`."""
        if code is None:
            return self.stages[0]
        for stage in self.stages:
            if stage.code == code:
                return stage
        known = ", ".join(stage.code for stage in self.stages)
        raise Invalid.field("stage", "stage.unknown", f"the stages of this pipeline are {known}")

    def stage_or_first(self, code: str) -> Stage:
        """The stage of that code, or the first where the pipeline has lost it since."""
        return next((stage for stage in self.stages if stage.code == code), self.stages[0])


STANDARD_NAME = "标准销售流程"
STANDARD = (
    Stage("qualification", "需求确认", 10),
    Stage("analysis", "方案制定", 25),
    Stage("proposal", "报价", 50),
    Stage("negotiation", "谈判", 75),
)
"""What deals pass through until a tenant draws up stages of its own."""


def standard_id(tenant_id: UUID) -> UUID:
    """The id of a tenant's standard pipeline, known before its row is there."""
    return ids.named(tenant_id, "pipeline")


def document(stages: Sequence[Stage]) -> Document:
    """Stages as they are kept."""
    return [{"code": s.code, "name": s.name, "probability": s.probability} for s in stages]


def stages_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Stage, ...]:
    """The stages a document keeps."""
    return tuple(Stage(**stage) for stage in kept)


def demand_distinct(stages: Sequence[Stage]) -> None:
    """Invalid `stage.twice` where two stages have one code."""
    codes = [stage.code for stage in stages]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise Invalid.field("stages", "stage.twice", f"{twice!r} stands there twice")


def demand_only_default(other: UUID | None, pipeline_id: UUID | None) -> None:
    """Conflict `pipeline.default_exists` where another pipeline than this is the default."""
    if other is not None and other != pipeline_id:
        raise Conflict(
            "another pipeline is the default; change that one first",
            code="pipeline.default_exists",
            extra={"pipeline_id": str(other)},
        )
