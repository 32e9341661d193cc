"""REST of what stands behind figures."""

from fastapi import APIRouter, Response

from crmkit.web.asof import present_only
from crmkit.web.edge import Edge
from services.reporting.lineage.queries import find_differences, find_lineage
from services.reporting.lineage.schemas import (
    DifferenceRead,
    LineageRead,
    difference_parameters,
    lineage_parameters,
    parse_difference,
    parse_lineage,
)

router = APIRouter(prefix="/v1/rollups", tags=["rollups"])


@router.get("/diff", response_model=DifferenceRead, openapi_extra=difference_parameters())
@present_only
async def get_difference(edge: Edge) -> Response:
    """What changed of a figure between two instants, and which events made it; ends now if open."""
    asked = edge.request.query_params.multi_items()
    wanted, span, page = parse_difference(asked, edge.reading.now)
    found = await find_differences(edge.reading, wanted, span, page)
    return edge.plain(
        {
            "measure": wanted.figure.name,
            "grain": wanted.grain,
            "from": wanted.first,
            "to": wanted.last,
            "from_as_of": span.start,
            "to_as_of": span.end,
            "zones": found.zones,
            "items": found.items,
            "next_cursor": found.next_cursor,
        }
    )


@router.get("/lineage", response_model=LineageRead, openapi_extra=lineage_parameters())
async def get_lineage(edge: Edge) -> Response:
    """The records one figure is made of, what each adds, and the events that made it so."""
    wanted, period, page = parse_lineage(edge.request.query_params.multi_items())
    found = await find_lineage(edge.reading, wanted, page)
    return edge.plain(
        {
            "measure": wanted.figure.name,
            "period": period.label,
            "as_of": edge.reading.at,
            "figure": found.figure,
            "items": found.items,
            "next_cursor": found.next_cursor,
        }
    )
