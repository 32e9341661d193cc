"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from crmkit.fields import Currency, Instant, Name, Strict
from crmkit.web.answers import Read
from services.identity.tenant.domain import checked_zone

Zone = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"examples": ["Asia/Shanghai"]}),
    AfterValidator(checked_zone),
]
MonthNumber = Annotated[int, Field(strict=True, ge=1, le=12)]


class TenantPut(Strict):
    """All of a tenant's settings; `fiscal_year_start` is the number of its first month."""

    name: Name
    time_zone: Zone
    base_currency: Currency
    fiscal_year_start: MonthNumber = 1


class TenantRead(Read):
    id: UUID
    version: int
    name: str
    time_zone: str
    base_currency: str
    fiscal_year_start: int
    created_at: Instant
    updated_at: Instant
