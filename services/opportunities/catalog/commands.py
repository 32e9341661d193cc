"""Every change of a product."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.opportunities import ProductCreated, ProductUpdated
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from services.opportunities.catalog.models import Product
from services.opportunities.catalog.schemas import ProductCreate, ProductUpdate


async def create_product(tx: Tx, new: ProductCreate) -> Product:
    """Put a product on the price list."""
    return tx.create(Product, ProductCreated, **given(new))


async def update_product(tx: Tx, product_id: UUID, patch: ProductUpdate) -> Product:
    """Change a product's facts; deals keep the name it had when it was put into them."""
    product = await tx.take(Product, product_id)
    return tx.update(product, ProductUpdated, **given(patch))


async def product_name(tx: Tx, product_id: UUID | None) -> str:
    """What a product is called today, to be frozen; empty where none is named.

    Invalid `product.unknown` where there is none of that id.
    """
    if product_id is None:
        return ""
    product = await tx.find(Product, id=product_id)
    if product is None:
        raise Invalid.field("product_id", "product.unknown", "no such product")
    tx.expect(product)
    return product.name
