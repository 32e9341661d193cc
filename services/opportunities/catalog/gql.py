"""GraphQL of products."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.opportunities.catalog import commands, models
from services.opportunities.catalog.queries import PRODUCTS
from services.opportunities.catalog.schemas import ProductCreate, ProductRead, ProductUpdate


@output(ProductRead, models.Product)
class Product(Output):
    """产品 something on the price list."""


@input_of(ProductCreate)
class ProductCreateInput: ...


@input_of(ProductUpdate)
class ProductUpdateInput: ...


@filter_of(PRODUCTS)
class ProductFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def product(self, info: Info, id: UUID) -> Product | None:
        return await info.context.one(Product, models.Product, id)

    @strawberry.field
    async def products(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ProductFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Product]:
        return await info.context.page(Product, PRODUCTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_product(
        self, info: Info, input: ProductCreateInput, idempotency_key: str | None = None
    ) -> Product | Problem:
        return await info.context.change(
            Product,
            commands.create_product,
            checked(ProductCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_product(
        self, info: Info, id: UUID, expected_version: int, input: ProductUpdateInput
    ) -> Product | Problem:
        return await info.context.change(
            Product,
            commands.update_product,
            id,
            checked(ProductUpdate, input),
            expected_version=expected_version,
        )
