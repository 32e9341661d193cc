"""What comes in and goes out of custom fields."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from crmkit.components.kinds import CHOOSERS, LONGEST_VALUE, FieldKind
from crmkit.fields import Code, Flag, Instant, Name, Patch, Strict
from crmkit.kernel.errors import Invalid
from crmkit.web.answers import Read

_MOST_CHOICES = 200
SUFFIXES = {"_gte": ">=", "_gt": ">", "_lte": "<=", "_lt": "<", "_null": "null"}
"""How a filter's name ends, and what that means."""


def _unambiguous(key: str) -> str:
    if key.endswith(tuple(SUFFIXES)):
        raise ValueError(f"a key does not end in any of {', '.join(SUFFIXES)}: filters do")
    return key


Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$"),
    AfterValidator(_unambiguous),
]


class ChoiceIn(Strict):
    """One of the values that may be chosen, and what people call it."""

    code: Code
    zh: Name
    en: Name


class CustomFieldCreate(Strict):
    """A new field; `choices` are for the kinds `choice` and `multi-choice` alone."""

    key: Key
    kind: FieldKind
    label_zh: Name
    label_en: Name
    required: Flag = False
    choices: list[ChoiceIn] = Field(default_factory=list, max_length=_MOST_CHOICES)
    max_length: Annotated[int, Field(strict=True, ge=1, le=LONGEST_VALUE)] = 200
    active: Flag = True


class CustomFieldUpdate(Patch):
    """What may be changed; key and kind are for good, since records carry values of them."""

    label_zh: Name = ""
    label_en: Name = ""
    required: Flag = False
    choices: list[ChoiceIn] = Field(default_factory=list, max_length=_MOST_CHOICES)
    max_length: Annotated[int, Field(strict=True, ge=1, le=LONGEST_VALUE)] = 200
    active: Flag = True


class ChoiceOut(BaseModel):
    """One of the values that may be chosen, and what people call it."""

    code: str
    zh: str
    en: str


class CustomFieldRead(Read):
    id: UUID
    version: int
    key: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool
    choices: list[ChoiceOut]
    max_length: int
    active: bool
    created_at: Instant
    updated_at: Instant


def demand_choices(kind: FieldKind, choices: list[ChoiceIn]) -> None:
    """Invalid where a field to choose by has no choices, or twice the same, or another has some."""
    codes = [choice.code for choice in choices]
    if (kind in CHOOSERS) != bool(codes):
        raise Invalid.field("choices", "custom.choices", "choices are what fields to choose have")
    if len(set(codes)) < len(codes):
        raise Invalid.field("choices", "custom.choices", "a choice is named twice")
