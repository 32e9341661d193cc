"""REST of products."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.opportunities.catalog import commands
from services.opportunities.catalog.models import Product
from services.opportunities.catalog.queries import PRODUCTS
from services.opportunities.catalog.schemas import ProductCreate, ProductRead, ProductUpdate

router = APIRouter(prefix="/v1/products", tags=["products"])


@router.post("", status_code=201, response_model=ProductRead)
async def create_product(new: ProductCreate, edge: Edge) -> Response:
    return edge.created(ProductRead, await edge.write(commands.create_product, new))


@router.get("", response_model=Page[ProductRead], openapi_extra=PRODUCTS.openapi())
async def list_products(edge: Edge) -> Response:
    found = await PRODUCTS.find(edge.reading, edge.listing(PRODUCTS))
    return edge.page(ProductRead, Product, found)


@router.get("/{product_id}", response_model=ProductRead)
async def get_product(product_id: UUID, edge: Edge) -> Response:
    return edge.shown(ProductRead, await edge.get(Product, product_id))


@router.patch("/{product_id}", response_model=ProductRead)
async def update_product(product_id: UUID, patch: ProductUpdate, edge: Matched) -> Response:
    return edge.changed(ProductRead, await edge.write(commands.update_product, product_id, patch))


history(router, Product)
batch(
    router,
    ProductRead,
    create=(commands.create_product, ProductCreate),
    update=(commands.update_product, ProductUpdate),
)
