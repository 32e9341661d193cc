"""GraphQL of market coverage."""

import strawberry

from crmkit.web.graphql import Info
from crmkit.web.graphql.shapes import filters
from services.leads.account.gql import AccountFilter
from services.leads.account.queries import ACCOUNTS
from services.leads.coverage.domain import CoverageBy
from services.leads.coverage.queries import find_coverage
from services.leads.coverage.schemas import shown


@strawberry.type
class CoverageGroup:
    """The accounts of one owner (an id), team or region."""

    key: str
    targets: int
    covered: int
    coverage: str | None


@strawberry.type
class MarketCoverage:
    """市场覆盖率 how many target accounts have a contact at least."""

    by: CoverageBy
    targets: int
    covered: int
    coverage: str | None
    groups: list[CoverageGroup]
    truncated: bool


@strawberry.type
class Query:
    @strawberry.field
    async def market_coverage(
        self, info: Info, by: CoverageBy = CoverageBy.OWNER, filter: AccountFilter | None = None
    ) -> MarketCoverage:
        wanted = ACCOUNTS.wanted(filters(filter), None, 1, None)
        found = shown(await find_coverage(info.context.reading, wanted, by), by)
        groups = [CoverageGroup(**each) for each in found.pop("groups")]
        return MarketCoverage(groups=groups, **found)
