"""What comes in and goes out."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from crmkit.fields import Code, Flag, Instant, Label, Name, Patch, Strict
from crmkit.kernel.errors import Invalid
from crmkit.kernel.signatures import Encoding
from crmkit.web.answers import Read
from crmkit.web.bodies import parse
from crmkit.web.problems import Refusal, unfit
from services.leads.inbound.domain import FIELDS, InboundScheme, InboundStatus, mapped
from services.leads.lead.schemas import LeadCreate
from services.leads.matching.domain import DuplicateRule

USUAL_CAP, USUAL_DAYS = 5000, 7
_NAMED = "|".join(FIELDS).replace(".", r"\.")
_Field = Annotated[str, StringConstraints(pattern=rf"^({_NAMED}|custom\.[a-z][a-z0-9_]{{0,62}})$")]
_Pointer = Annotated[str, StringConstraints(max_length=300, pattern=r"^/")]
_Header = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,64}$"), AfterValidator(str.lower)
]
_Prefix = Annotated[str, StringConstraints(pattern=r"^[!-~]{0,32}$")]
_Secret = Annotated[str, StringConstraints(pattern=r"^[!-~]{16,200}$")]
_Word = Annotated[str, StringConstraints(max_length=200)]
_Cap = Annotated[int, Field(strict=True, ge=1, le=100_000)]
_Days = Annotated[int, Field(strict=True, ge=1, le=90)]
_Hours = Annotated[int, Field(strict=True, ge=0, le=168)]


class InboundField(Strict):
    """What fills a field of the lead: what the RFC 6901 `pointer` points at, said in our words by
    `values` where it is one of those, or `default` where there is nothing."""

    field: _Field
    pointer: _Pointer | None = None
    values: Annotated[dict[str, _Word], Field(max_length=100)] = Field(default_factory=dict)
    default: _Word | None = None


_Mapping = Annotated[list[InboundField], Field(min_length=1, max_length=70)]


class InboundEndpointCreate(Strict):
    """A system that signs as Standard Webhooks says, or with the HMAC-SHA256 of the body in
    `header`, after `header_prefix`. `id_header` has its message ids, which are shown; they are not
    signed, so two messages that say the same are one. `secret` is one it has; without it we make
    one. With `external_system` its `external_id` is upserted; new leads go by `duplicates`.
    `daily_cap` counts days where the tenant lives, `keep_days` is how long what was sent is
    kept."""

    name: Name
    scheme: InboundScheme = InboundScheme.STANDARD
    header: _Header = ""
    header_prefix: _Prefix = ""
    encoding: Encoding = Encoding.HEX
    id_header: _Header = ""
    secret: _Secret | None = None
    mapping: _Mapping
    external_system: Code | None = None
    duplicates: DuplicateRule = DuplicateRule.ALLOW
    active: Flag = True
    daily_cap: _Cap = USUAL_CAP
    keep_days: _Days = USUAL_DAYS
    source: Code
    campaign_id: UUID | None = None
    product: Label = ""
    owner_id: UUID | None = None


class InboundEndpointUpdate(Patch):
    """What may be changed by hand; what is left out stays. How a system signs stays for good."""

    name: Name = ""
    mapping: _Mapping = Field(default_factory=list)
    external_system: Code | None = None
    duplicates: DuplicateRule = DuplicateRule.ALLOW
    active: Flag = True
    daily_cap: _Cap = USUAL_CAP
    keep_days: _Days = USUAL_DAYS
    source: Code = ""
    campaign_id: UUID | None = None
    product: Label = ""
    owner_id: UUID | None = None


class RotateInboundKey(Strict):
    """For how many hours the old key holds beside the new one; 0 ends it at once."""

    overlap_hours: _Hours = 24


class RotateInboundSecret(Strict):
    """The secret that the system signs with from now on, else we make one; for how many hours the
    old ones hold beside it, 0 ends them at once."""

    secret: _Secret | None = None
    overlap_hours: _Hours = 24


class InboundEndpointRead(Read):
    """`secrets`: those that hold, newest first, each with its end."""

    id: UUID
    version: int
    name: str
    prefix: str
    scheme: InboundScheme
    header: str
    header_prefix: str
    encoding: Encoding
    id_header: str
    secrets: list[dict[str, Any]]
    mapping: list[dict[str, Any]]
    external_system: str | None
    duplicates: DuplicateRule
    active: bool
    daily_cap: int
    keep_days: int
    source: str
    campaign_id: UUID | None
    product: str
    owner_id: UUID
    team: str
    region: str
    old_hash_until: Instant | None
    old_secret_until: Instant | None
    revoked_at: Instant | None
    created_at: Instant
    updated_at: Instant


class InboundEndpointKeyRead(InboundEndpointRead):
    """With its key and secret as far as they are new, this once; null where an earlier request
    with the same idempotency key was answered with them: rotate for others."""

    key: str | None
    secret: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        shown = {name: vars(source).get(name) for name in ("key", "secret")}
        return {**InboundEndpointRead.of(source, masks), **shown}


class InboundMessageRead(Read):
    """`code`, `detail` and `faults` say why it became no lead; `headers` and `body` are what was
    sent, until `raw_until`. `size` in bytes."""

    id: UUID
    version: int
    endpoint_id: UUID
    message_id: str
    status: InboundStatus
    code: str
    detail: str
    faults: list[dict[str, Any]]
    lead_id: UUID | None
    size: int
    raw_until: Instant
    headers: dict[str, str]
    body: str | None
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant


class InboundDayRead(Read):
    """What came on a day: messages taken, sent again after they had become a lead, and not signed
    as they should be, of which nothing is kept."""

    day: str
    taken: int
    repeated: int
    unsigned: int


class InboundDays(BaseModel):
    """The last 30 days on which anything came, newest first."""

    items: list[InboundDayRead]


class Taken(BaseModel):
    """That it was taken, and nothing else: who may send may not read."""

    accepted: bool


def lead_of(endpoint: Mapping[str, Any], body: str) -> LeadCreate:
    """The lead that a message asks for, to the endpoint of these columns; Invalid `body.malformed`,
    or naming the lead's fields.

    What the endpoint adds is for a new lead: one that is known changes where the message says so.
    """
    try:
        document = parse(body.encode(), max_keys=1000)
        values = mapped(endpoint["mapping"], document)
        whole = values | {
            "company": values.get("company") or values.get("contact_name"),
            "product": values.get("product") or endpoint["product"],
            **{name: endpoint[name] for name in ("source", "campaign_id", "duplicates")},
        }
        lead = LeadCreate.model_validate(whole)
    except Refusal as error:
        raise Invalid(error.detail, code=error.code) from error
    except ValidationError as error:
        raise unfit([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
    return LeadCreate.model_construct(set(values), **dict(lead))
