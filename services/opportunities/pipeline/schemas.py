"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import Code, Flag, Instant, Name, Patch, Percent, Strict
from crmkit.web.answers import Read


class StageIn(Strict):
    """One step; `probability` is the chance in percent that a deal standing there is won."""

    code: Code
    name: Name
    probability: Percent


Stages = Annotated[list[StageIn], Field(min_length=1, max_length=20)]


class PipelineCreate(Strict):
    """A new pipeline: its stages in order, each code once."""

    name: Name
    is_default: Flag = False
    stages: Stages


class PipelineUpdate(Patch):
    """What is left out stays. A deal in a stage that falls away stays there until it is moved."""

    name: Name = ""
    is_default: Flag = False
    stages: Stages = Field(default_factory=list)


class StageRead(BaseModel):
    """One step, as it is kept."""

    code: str
    name: str
    probability: int


class PipelineRead(Read):
    id: UUID
    version: int
    name: str
    is_default: bool
    stages: list[StageRead]
    created_at: Instant
    updated_at: Instant
