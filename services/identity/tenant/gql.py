"""GraphQL of the caller's tenant."""

import strawberry

from crmkit.web.graphql import Info, Output, Problem, checked, input_of, output
from services.identity.tenant import commands, models
from services.identity.tenant.schemas import TenantPut, TenantRead


@output(TenantRead, models.Tenant)
class Tenant(Output):
    """How a tenant reckons: zone, base currency, first month of the fiscal year."""


@input_of(TenantPut)
class TenantPutInput: ...


@strawberry.type
class Query:
    @strawberry.field
    async def tenant(self, info: Info) -> Tenant | None:
        return await info.context.one(Tenant, models.Tenant, info.context.reading.tenant_id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def put_tenant(
        self, info: Info, input: TenantPutInput, expected_version: int | None = None
    ) -> Tenant | Problem:
        return await info.context.change(
            Tenant,
            commands.put_tenant,
            checked(TenantPut, input),
            expected_version=expected_version,
        )
