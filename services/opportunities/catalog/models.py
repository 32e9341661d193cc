"""Tables of the room."""

from decimal import Decimal

from sqlalchemy import Index

from crmkit.db.tables import amount, text
from services.opportunities.tables import Row


class Product(Row, table=True):
    """产品 something on the price list."""

    __tablename__ = "product"
    __table_args__ = (
        Index("product_code_key", "tenant_id", "code", unique=True),
        Index("product_name_idx", "tenant_id", "name", "id"),
        Index("product_series_idx", "tenant_id", "series", "name", "id"),
        Index("product_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("product_external_key", "tenant_id", "external_system", "external_id", unique=True),
    )

    name: str = text()
    code: str = text()
    series: str = text(default="")
    list_price: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    active: bool = True
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
