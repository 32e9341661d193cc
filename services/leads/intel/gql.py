"""GraphQL of market intelligence."""

from uuid import UUID

import strawberry

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
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.intel import commands, models
from services.leads.intel.queries import MARKET_INTEL
from services.leads.intel.schemas import (
    JudgeIntel,
    MarketIntelRead,
    MarketIntelUpdate,
    ReportIntel,
)


@output(MarketIntelRead, models.MarketIntel)
class MarketIntel(Output):
    """市场信息 what its owner heard of the market, for those above them."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(ReportIntel)
class ReportIntelInput: ...


@input_of(MarketIntelUpdate)
class MarketIntelUpdateInput: ...


@input_of(JudgeIntel)
class JudgeIntelInput: ...


@filter_of(MARKET_INTEL)
class MarketIntelFilter: ...


extend(Account, market_intel=below(MarketIntel, MarketIntelFilter, MARKET_INTEL, "account_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def market_intel(self, info: Info, id: UUID) -> MarketIntel | None:
        return await info.context.one(MarketIntel, models.MarketIntel, id)

    @strawberry.field
    async def all_market_intel(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: MarketIntelFilter | None = None,
        sort: str | None = None,
    ) -> Connection[MarketIntel]:
        return await info.context.page(MarketIntel, MARKET_INTEL, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def report_intel(
        self, info: Info, input: ReportIntelInput, idempotency_key: str | None = None
    ) -> MarketIntel | Problem:
        return await info.context.change(
            MarketIntel,
            commands.report_intel,
            checked(ReportIntel, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_intel(
        self, info: Info, id: UUID, expected_version: int, input: MarketIntelUpdateInput
    ) -> MarketIntel | Problem:
        return await info.context.change(
            MarketIntel,
            commands.update_intel,
            id,
            checked(MarketIntelUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def note_intel(
        self, info: Info, id: UUID, input: JudgeIntelInput
    ) -> MarketIntel | Problem:
        said = checked(JudgeIntel, input)
        return await info.context.change(MarketIntel, commands.note_intel, id, said)

    @strawberry.mutation
    async def dismiss_intel(
        self, info: Info, id: UUID, input: JudgeIntelInput
    ) -> MarketIntel | Problem:
        said = checked(JudgeIntel, input)
        return await info.context.change(MarketIntel, commands.dismiss_intel, id, said)
