"""What comes in and goes out of saved views."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from crmkit.components.views.models import Sharing
from crmkit.fields import Flag, Instant, Name, Patch, Strict, clean
from crmkit.web.answers import Read

_MOST_FILTERS, _MOST_FIELDS = 25, 100
_Key = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[a-z][a-z0-9_.-]*$")
]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(clean)]
Filter = Annotated[
    dict[_Key, _Text],
    Field(max_length=_MOST_FILTERS, json_schema_extra={"additionalProperties": False}),
]
_Fields = Annotated[list[_Key], Field(max_length=_MOST_FIELDS)]
_Sort = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9_,-]*$")]


class ViewCreate(Strict):
    """A new view, the caller's.

    `filter` says by name of parameter what the list's query would: `{"status": "new,working",
    "budget_gte": "5000.00", "custom.tier": "gold"}`; an `owner_id` of `me` is whoever looks, and
    a day or an instant of `today`, `this_week`, `last_month`, `next_quarter`, `last_30_days` or
    `next_7_days` is one of those where the tenant lives, whenever somebody looks. `sort` is the
    list's, `fields` are those of its records, or `custom.<key>`. Of the views of one list
    one at most is the default: the one that it begins with.
    """

    name: Name
    filter: Filter = Field(default_factory=dict)
    sort: _Sort = ""
    fields: _Fields = Field(default_factory=list)
    shared: Sharing = Sharing.PRIVATE
    is_pinned: Flag = False
    is_default: Flag = False


class ViewUpdate(Patch):
    """What may be changed; what is left out stays, what is named is as it is said."""

    name: Name = ""
    filter: Filter = Field(default_factory=dict)
    sort: _Sort = ""
    fields: _Fields = Field(default_factory=list)
    shared: Sharing = Sharing.PRIVATE
    is_pinned: Flag = False
    is_default: Flag = False


class ViewRead(Read):
    """A saved view; `resource` is what it lists, `team` the one it is shared with."""

    id: UUID
    version: int
    resource: str
    name: str
    filter: dict[str, str]
    sort: str
    fields: list[str]
    shared: Sharing
    is_pinned: bool
    is_default: bool
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant
