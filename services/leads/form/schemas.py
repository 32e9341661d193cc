"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from crmkit.fields import Code, Instant, Label, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.form.domain import FIELDS

_NAMED = "|".join(FIELDS)
_Field = Annotated[str, StringConstraints(pattern=rf"^({_NAMED}|custom\.[a-z][a-z0-9_]{{0,62}})$")]
_Origin = Annotated[
    str,
    StringConstraints(
        max_length=200, pattern=r"^(\*|https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?)$"
    ),
]
_Trap = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Cap = Annotated[int, Field(strict=True, ge=1, le=100_000)]
USUAL_CAP = 5000


def _once(texts: list[str]) -> list[str]:
    return sorted(set(texts))


_Fields = Annotated[list[_Field], Field(min_length=1, max_length=60), AfterValidator(_once)]
_Origins = Annotated[list[_Origin], Field(max_length=20), AfterValidator(_once)]


class CaptureFormCreate(Strict):
    """`fields` are all it takes. Pages of `origins` alone may send from a browser, `*` is any page,
    and none at all where there are none. `honeypot` is a field people do not see: what fills it in
    is a robot. `daily_cap` counts days where the tenant lives."""

    name: Name
    fields: _Fields
    honeypot: _Trap = "website"
    origins: _Origins = Field(default_factory=list)
    daily_cap: _Cap = USUAL_CAP
    source: Code
    campaign_id: UUID | None = None
    product: Label = ""
    owner_id: UUID | None = None


class CaptureFormUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    fields: _Fields = Field(default_factory=list)
    honeypot: _Trap = "website"
    origins: _Origins = Field(default_factory=list)
    daily_cap: _Cap = USUAL_CAP
    source: Code = ""
    campaign_id: UUID | None = None
    product: Label = ""
    owner_id: UUID | None = None


class RotateCaptureForm(Strict):
    """For how many hours the old key holds beside the new one; 0 ends it at once."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


class CaptureFormRead(Read):
    id: UUID
    version: int
    name: str
    prefix: str
    fields: list[str]
    honeypot: str
    origins: list[str]
    daily_cap: int
    source: str
    campaign_id: UUID | None
    product: str
    owner_id: UUID
    team: str
    region: str
    old_hash_until: Instant | None
    revoked_at: Instant | None
    created_at: Instant
    updated_at: Instant


class CaptureFormKeyRead(CaptureFormRead):
    """With the key itself, this once; null where an earlier request with the same idempotency key
    was answered with it, since it is kept nowhere: rotate the form for another."""

    key: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        return {**CaptureFormRead.of(source, masks), "key": vars(source).get("key")}


class CaptureFailureRead(Read):
    """`sent` is the row as it was sent, `faults` what was wrong with it."""

    id: UUID
    version: int
    form_id: UUID
    code: str
    detail: str
    faults: list[dict[str, Any]]
    sent: dict[str, Any]
    owner_id: UUID
    team: str
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Captured(BaseModel):
    """That it was taken, and nothing else: who may send may not read."""

    accepted: bool
