"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Code, Flag, Instant, Label, MoneyIn, MoneyOut, Name, Patch, Strict
from crmkit.web.answers import Read


class ProductCreate(Strict):
    """A new product; its code is unique."""

    name: Name
    code: Code
    series: Label = ""
    list_price: MoneyIn | None = None
    active: Flag = True
    external_system: Code | None = None
    external_id: Name | None = None


class ProductUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    code: Code = ""
    series: Label = ""
    list_price: MoneyIn | None = None
    active: Flag = True


class ProductRead(Read):
    id: UUID
    version: int
    name: str
    code: str
    series: str
    list_price: MoneyOut | None
    active: bool
    external_system: str | None
    external_id: str | None
    created_at: Instant
    updated_at: Instant
