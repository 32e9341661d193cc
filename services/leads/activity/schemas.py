"""What comes in and goes out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from crmkit.fields import Custom, Flag, Instant, Label, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.activity.domain import (
    ActivityKind,
    ActivityOutcome,
    ActivityStatus,
    CallDirection,
    MessageChannel,
    Objection,
    Sentiment,
)

_UNSENT = datetime(1970, 1, 1, tzinfo=UTC)
_LATITUDE = r"^-?([0-8]?[0-9](\.[0-9]{1,6})?|90(\.0{1,6})?)$"
_LONGITUDE = r"^-?((1[0-7][0-9]|[0-9]{1,2})(\.[0-9]{1,6})?|180(\.0{1,6})?)$"
_MICRODEGREE = Decimal("0.000001")
_LONGEST = 24 * 60


def _written(pattern: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError("degrees are a string such as '31.230416'")
        return Decimal(value).quantize(_MICRODEGREE)

    return read


def _degrees(pattern: str, example: str) -> Any:
    schema = {"type": "string", "pattern": pattern, "examples": [example]}
    return (BeforeValidator(_written(pattern)), WithJsonSchema(schema))


Latitude = Annotated[Decimal, *_degrees(_LATITUDE, "31.230416")]
Longitude = Annotated[Decimal, *_degrees(_LONGITUDE, "121.473701")]
Degrees = Annotated[Decimal, WithJsonSchema({"type": "string"})]
Minutes = Annotated[int, Field(strict=True, ge=0, le=_LONGEST)]


class CheckIn(Strict):
    """签到 where somebody arrived, and when; `at` is when it happened unless it says otherwise."""

    at: Instant | None = None
    latitude: Latitude
    longitude: Longitude
    place: Label = ""


class NextStep(Strict):
    """下一步 what to do next, and by when: it is planned together with what led to it."""

    what: Name
    due: Instant
    kind: ActivityKind = ActivityKind.CALL


class ActivityPlan(Strict):
    """Something to be done at `due_at`, by `owner_id` or the caller."""

    kind: ActivityKind
    subject: Name
    lead_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: Instant
    direction: CallDirection | None = None
    channel: MessageChannel | None = None
    notes: Note = ""
    custom: Custom = Field(default_factory=dict)


class ActivityLog(Strict):
    """Something that was done. `done_at` comes from `Occurred-At`, or is now."""

    kind: ActivityKind
    subject: Name
    lead_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    direction: CallDirection | None = None
    channel: MessageChannel | None = None
    connected: Flag | None = None
    outcome: Note = ""
    outcome_code: ActivityOutcome | None = None
    objection: Objection | None = None
    sentiment: Sentiment | None = None
    duration_minutes: Minutes | None = None
    notes: Note = ""
    check_in: CheckIn | None = None
    next_step: NextStep | None = None
    custom: Custom = Field(default_factory=dict)


class ActivityUpdate(Patch):
    """What may be changed while it is planned; what is left out stays."""

    kind: ActivityKind = ActivityKind.CALL
    subject: Name = ""
    lead_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: Instant = _UNSENT
    direction: CallDirection | None = None
    channel: MessageChannel | None = None
    notes: Note = ""
    custom: Custom = Field(default_factory=dict)


class CompleteActivity(Patch):
    """What came of it; what is left out stays as it was planned."""

    contact_id: UUID | None = None
    direction: CallDirection | None = None
    channel: MessageChannel | None = None
    connected: Flag | None = None
    outcome: Note = ""
    outcome_code: ActivityOutcome | None = None
    objection: Objection | None = None
    sentiment: Sentiment | None = None
    duration_minutes: Minutes | None = None
    notes: Note = ""
    check_in: CheckIn | None = None
    next_step: NextStep | None = None
    custom: Custom = Field(default_factory=dict)


class ActivityRead(Read):
    id: UUID
    version: int
    kind: ActivityKind
    subject: str
    status: ActivityStatus
    lead_id: UUID | None
    account_id: UUID | None
    opportunity_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    due_at: Instant | None
    done_at: Instant | None
    outcome: str
    contact_id: UUID | None
    direction: CallDirection | None
    connected: bool | None
    channel: MessageChannel | None
    outcome_code: ActivityOutcome | None
    objection: Objection | None
    sentiment: Sentiment | None
    duration_minutes: int | None
    notes: str
    checked_in_at: Instant | None
    latitude: Degrees | None
    longitude: Degrees | None
    place: str
    follows_id: UUID | None
    follow_up_id: UUID | None
    follow_up_plan_id: UUID | None
    follow_up_step: int | None
    with_customer: bool | None
    erased_at: Instant | None
    custom: dict[str, Any]
    created_at: Instant
    updated_at: Instant


CALLED = {
    "类型": "kind",
    "活动类型": "kind",
    "type": "kind",
    "activity type": "kind",
    "主题": "subject",
    "标题": "subject",
    "title": "subject",
    "日期": "occurred_at",
    "时间": "occurred_at",
    "活动时间": "occurred_at",
    "拜访时间": "occurred_at",
    "date": "occurred_at",
    "done at": "occurred_at",
    "线索编号": "lead.external_id",
    "lead": "lead.external_id",
    "客户编号": "account.external_id",
    "客户名称": "account.name",
    "客户": "account.name",
    "account": "account.name",
    "company": "account.name",
    "联系人编号": "contact.external_id",
    "contact": "contact.external_id",
    "商机编号": "opportunity_id",
    "opportunity": "opportunity_id",
    "deal": "opportunity_id",
    "结果": "outcome",
    "沟通结果": "outcome",
    "result": "outcome",
    "时长": "duration_minutes",
    "通话时长": "duration_minutes",
    "分钟": "duration_minutes",
    "duration": "duration_minutes",
    "minutes": "duration_minutes",
    "备注": "notes",
    "沟通内容": "notes",
    "description": "notes",
    "comment": "notes",
    "是否接通": "connected",
    "接通": "connected",
}
"""What files call the fields."""
