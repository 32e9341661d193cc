"""GraphQL of accounts."""

from uuid import UUID

import strawberry

from crmkit.components.custom_gql import custom_fields
from crmkit.components.jobs.gql import jobs_of
from crmkit.components.views.gql import views_of
from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.leads.account import commands, models, schemas
from services.leads.account.queries import (
    ACCOUNT_FIELD_LIST,
    ACCOUNT_JOBS,
    ACCOUNT_VIEWS,
    ACCOUNTS,
    demand_unmerged,
    find_tree,
)
from services.leads.account.schemas import AccountCreate, AccountRead, AccountUpdate, LoseAccount
from services.leads.view.commands import VIEWS
from services.leads.view.gql import TYPES


@output(schemas.AccountNode)
class AccountNode(Output):
    """One account of a tree; the one that was asked for stands at level 0."""


@strawberry.type
class AccountTree:
    """Level by level, each by name; `truncated` where there are more than 1,000."""

    items: list[AccountNode]
    truncated: bool


@output(AccountRead, models.Account)
class Account(Output):
    """客户 an organisation we sell to, or might."""

    @strawberry.field
    async def parent(self, info: Info) -> "Account | None":
        parent_id: UUID | None = vars(self)["parent_id"]
        return await info.context.one(Account, models.Account, parent_id) if parent_id else None

    @strawberry.field
    async def tree(self, info: Info) -> AccountTree:
        nodes, truncated = await find_tree(info.context.reading, vars(self)["id"])
        return AccountTree(items=[*map(AccountNode.of, nodes)], truncated=truncated)

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(AccountCreate)
class AccountCreateInput: ...


@input_of(AccountUpdate)
class AccountUpdateInput: ...


@input_of(LoseAccount)
class LoseAccountInput: ...


@filter_of(ACCOUNTS)
class AccountFilter: ...


extend(Account, children=below(Account, AccountFilter, ACCOUNTS, "parent_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def account(self, info: Info, id: UUID) -> Account | None:
        found = await info.context.one(Account, models.Account, id)
        if found is None:
            await demand_unmerged(info.context.reading, id)
        return found

    @strawberry.field
    async def accounts(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: AccountFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Account]:
        return await info.context.page(Account, ACCOUNTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_account(
        self, info: Info, input: AccountCreateInput, idempotency_key: str | None = None
    ) -> Account | Problem:
        return await info.context.change(
            Account,
            commands.create_account,
            checked(AccountCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_account(
        self, info: Info, id: UUID, expected_version: int, input: AccountUpdateInput
    ) -> Account | Problem:
        return await info.context.change(
            Account,
            commands.update_account,
            id,
            checked(AccountUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def lose_account(
        self, info: Info, id: UUID, input: LoseAccountInput
    ) -> Account | Problem:
        why = checked(LoseAccount, input)
        return await info.context.change(Account, commands.lose_account, id, why)

    @strawberry.mutation
    async def win_back_account(self, info: Info, id: UUID) -> Account | Problem:
        return await info.context.change(Account, commands.win_back_account, id)

    @strawberry.mutation
    async def delete_account(self, info: Info, id: UUID) -> Account | Problem:
        return await info.context.change(Account, commands.delete_account, id)

    @strawberry.mutation
    async def restore_account(self, info: Info, id: UUID) -> Account | Problem:
        return await info.context.change(Account, commands.restore_account, id)


custom_fields(Query, Mutation, commands.FIELDS, ACCOUNT_FIELD_LIST, "accounts")
jobs_of(Query, Mutation, commands.JOBS, ACCOUNT_JOBS, "accounts")
views_of(Query, Mutation, TYPES, VIEWS, ACCOUNT_VIEWS)
