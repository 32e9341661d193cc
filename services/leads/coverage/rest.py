"""REST of market coverage."""

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.web.edge import Edge
from services.leads.coverage.domain import CoverageBy
from services.leads.coverage.queries import find_coverage, openapi, parse
from services.leads.coverage.schemas import CoverageRead, shown

router = APIRouter(prefix="/v1/market-coverage", tags=["segments"])
enums(router, {"by": CoverageBy})


@router.get("", response_model=CoverageRead, openapi_extra=openapi())
async def get_market_coverage(edge: Edge) -> Response:
    """市场覆盖率 of the accounts that the filters find, which are those of `GET /v1/accounts`,
    `segment_id` and `custom.<key>` as well, by owner, team or region. 409 `coverage.too_many` of
    more than 100,000."""
    by, wanted = parse(edge.request.query_params.multi_items())
    return edge.plain(shown(await find_coverage(edge.reading, wanted, by), by))
