"""GraphQL of API keys."""

from typing import Any, Self
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
from services.identity.key import commands, models
from services.identity.key.domain import KeyStatus, Standing, standing_of
from services.identity.key.queries import KEYS, maker_of
from services.identity.key.schemas import (
    KeyCreate,
    KeyFactsRead,
    KeyUpdate,
    RotateKey,
)
from services.identity.member.models import Member


async def _standing(root: Output, info: Info) -> Standing:
    facts = vars(root)
    maker = maker_of(await info.context.load(Member, facts["maker_id"]))
    return standing_of(facts, maker, info.context.reading.at)


async def _status(root: Output, info: Info) -> KeyStatus:
    return (await _standing(root, info)).status


async def _effective_roles(root: Output, info: Info) -> list[str]:
    return (await _standing(root, info)).effective_roles


async def _effective_team(root: Output, info: Info) -> str:
    return (await _standing(root, info)).effective_team


@output(KeyFactsRead, models.Key)
class ApiKey(Output):
    """How a program is let in."""

    status: KeyStatus = strawberry.field(resolver=_status)
    effective_roles: list[str] = strawberry.field(resolver=_effective_roles)
    effective_team: str = strawberry.field(resolver=_effective_team)


@output(KeyFactsRead)
class ApiKeySecret(Output):
    """A key with its secret, which is shown this once."""

    status: KeyStatus = strawberry.field(resolver=_status)
    effective_roles: list[str] = strawberry.field(resolver=_effective_roles)
    effective_team: str = strawberry.field(resolver=_effective_team)
    secret: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["secret"] = vars(source).get("secret")
        return made


@input_of(KeyCreate)
class ApiKeyCreateInput: ...


@input_of(KeyUpdate)
class ApiKeyUpdateInput: ...


@input_of(RotateKey)
class RotateApiKeyInput: ...


@filter_of(KEYS)
class ApiKeyFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def api_key(self, info: Info, id: UUID) -> ApiKey | None:
        return await info.context.one(ApiKey, models.Key, id)

    @strawberry.field
    async def api_keys(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ApiKeyFilter | None = None,
        sort: str | None = None,
    ) -> Connection[ApiKey]:
        return await info.context.page(ApiKey, KEYS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_api_key(
        self, info: Info, input: ApiKeyCreateInput, idempotency_key: str | None = None
    ) -> ApiKeySecret | Problem:
        return await info.context.change(
            ApiKeySecret,
            commands.create_key,
            checked(KeyCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_api_key(
        self, info: Info, id: UUID, expected_version: int, input: ApiKeyUpdateInput
    ) -> ApiKey | Problem:
        return await info.context.change(
            ApiKey,
            commands.update_key,
            id,
            checked(KeyUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def rotate_api_key(
        self, info: Info, id: UUID, input: RotateApiKeyInput
    ) -> ApiKeySecret | Problem:
        how = checked(RotateKey, input)
        return await info.context.change(ApiKeySecret, commands.rotate_key, id, how)

    @strawberry.mutation
    async def revoke_api_key(self, info: Info, id: UUID) -> ApiKey | Problem:
        return await info.context.change(ApiKey, commands.revoke_key, id)
