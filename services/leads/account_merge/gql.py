"""GraphQL of merging accounts."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import Info, Problem, checked, input_of
from services.leads.account.gql import Account
from services.leads.account_merge.commands import merge_accounts
from services.leads.account_merge.schemas import MergeAccounts


@input_of(MergeAccounts)
class MergeAccountsInput: ...


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def merge_accounts(
        self, info: Info, id: UUID, input: MergeAccountsInput
    ) -> Account | Problem:
        wanted = checked(MergeAccounts, input)
        if wanted.dry_run:
            would_be = await info.context.edge.rehearse(merge_accounts, id, wanted)
            reading = info.context.reading
            return Account.of(would_be, reading.policy.masks(reading.actor, "account"))
        return await info.context.change(Account, merge_accounts, id, wanted)
