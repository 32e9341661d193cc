"""REST of rollups."""

from fastapi import APIRouter, Response

from crmkit.web.asof import present_only
from crmkit.web.edge import Edge
from services.reporting.rollup.domain import FIGURES
from services.reporting.rollup.queries import find_rollup
from services.reporting.rollup.schemas import MeasureList, RollupRead, parameters, parse

router = APIRouter(prefix="/v1", tags=["rollups"])
_MEASURES = {
    "items": [
        {"name": figure.name, "unit": figure.unit, "zh": figure.zh, "en": figure.en}
        for figure in FIGURES.values()
    ]
}


@router.get("/rollups", response_model=RollupRead, openapi_extra=parameters())
async def get_rollup(edge: Edge) -> Response:
    wanted = parse(edge.request.query_params.multi_items())
    items = await find_rollup(edge.reading, wanted)
    return edge.plain(
        {
            "measure": wanted.figure.name,
            "grain": wanted.grain,
            "from": wanted.first,
            "to": wanted.last,
            "as_of": edge.reading.at,
            "items": items,
        }
    )


@router.get("/measures", response_model=MeasureList)
@present_only
async def list_measures(edge: Edge) -> Response:
    return edge.plain(_MEASURES)
