"""What comes in."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from crmkit.fields import Flag, Strict

Mergeable = Literal[
    "name",
    "industry",
    "region",
    "country",
    "website",
    "employees",
    "annual_revenue",
    "owner_id",
    "grade",
    "tier",
    "is_important",
    "is_problem",
    "segment",
    "preferences",
    "custom",
]


class MergeAccounts(Strict):
    """The accounts that become part of this one, and from which of them each value comes.

    What `fields` does not name stays. With `dry_run` nothing is written: the answer is the account
    as it would be, or the refusal.
    """

    sources: Annotated[list[UUID], Field(min_length=1, max_length=10)]
    fields: Annotated[dict[Mergeable, UUID], Field(max_length=15)] = Field(default_factory=dict)
    dry_run: Flag = False
