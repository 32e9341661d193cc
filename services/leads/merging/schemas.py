"""What comes in."""

from uuid import UUID

from pydantic import Field

from crmkit.fields import Flag, Strict
from services.leads.merging.domain import MergeField


class MergeChoice(Strict):
    """Of which lead a field is taken."""

    field: MergeField
    lead_id: UUID


class MergeLeads(Strict):
    """The leads that go into one, and of which of them each field comes.

    What is not chosen stays as it is in the lead that stays, or comes of the first source where it
    has none. With `dry_run` the answer is the lead that would be, and nothing is written.
    """

    source_ids: list[UUID] = Field(min_length=1, max_length=20)
    field_choices: list[MergeChoice] = Field(default_factory=list, max_length=len(MergeField))
    dry_run: Flag = False
