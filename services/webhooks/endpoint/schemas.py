"""What comes in and goes out."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from crmkit.fields import Code, Flag, Instant, Name, Patch, Strict
from crmkit.kernel.sealing import unseal
from crmkit.web.answers import Read
from services.webhooks.addresses import LONGEST_URL
from services.webhooks.endpoint.domain import EndpointStatus, Payload
from services.webhooks.settings import knobs

Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_URL),
    Field(json_schema_extra={"examples": ["https://example.com/hook"]}),
]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=50)]
Text = Annotated[str, StringConstraints(max_length=200)]
Whole = Annotated[int, Field(strict=True, ge=-(10**12), le=10**12)]
Values = Annotated[
    list[Flag | Whole | Text | None],
    Field(min_length=1, max_length=50),
]


class FieldFilter(Strict):
    """`{"field": "status", "in": ["won"]}`: the state's field is one of these (`not_in`: none of
    them); `{"changed": "stage"}`: this event changed that field. An event without the field does
    not pass."""

    model_config = ConfigDict(populate_by_name=True)

    field: Code | None = None
    in_: Values | None = Field(default=None, alias="in")
    not_in: Values | None = None
    changed: Code | None = None

    @model_validator(mode="after")
    def _say_one_thing(self) -> Self:
        operators = [self.in_, self.not_in]
        about_state = self.field is not None and operators.count(None) == 1
        about_change = self.changed is not None and operators.count(None) == len(operators)
        if about_state == about_change or (self.field and self.changed):
            raise ValueError('either "changed", or "field" with one of "in" and "not_in"')
        return self

    def condition(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True, exclude_unset=True)


Filters = Annotated[list[FieldFilter], Field(max_length=10)]


class EndpointCreate(Strict):
    """`types`: types of events, whole aggregates such as `lead.*`, or `*`. All `filters` must
    hold. `payload` `thin`: ids, version and links only. `ordered`: the events of one record come
    one after the other; one that is given up holds back the later ones until it is replayed or
    skipped."""

    name: Name
    url: Url
    types: Patterns
    filters: Filters = Field(default_factory=list)
    payload: Payload = Payload.FULL
    ordered: Flag = False


class EndpointUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    url: Url = ""
    types: Patterns = Field(default_factory=list)
    filters: Filters = Field(default_factory=list)
    payload: Payload = Payload.FULL
    ordered: Flag = False


class RotateSecret(Strict):
    """For how many hours the old secret signs beside the new one; 0 revokes it at once."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


class EndpointRead(Read):
    """`secrets`: those that sign, newest first, each with its end. `notice`: what its owner should
    know of it now."""

    id: UUID
    version: int
    name: str
    url: str
    types: list[str]
    filters: list[dict[str, Any]]
    payload: Payload
    ordered: bool
    status: EndpointStatus
    secrets: list[dict[str, Any]]
    old_secret_until: Instant | None
    disabled_at: Instant | None
    disabled_reason: str
    failing_since: Instant | None
    notice: str
    tested_at: Instant | None
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant


class EndpointSecretRead(EndpointRead):
    """With the secret that signs from now on; it is shown this once, and to the same caller whose
    request was answered and comes again under its idempotency key."""

    secret: str

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        shown = EndpointRead.of(source, masks)
        sealed = source.sealed[source.secrets[0]["id"]]
        shown["secret"] = unseal(knobs().webhook_key, source.tenant_id, source.id, sealed)
        return shown
