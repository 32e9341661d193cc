"""How far a service is with telling and hearing: what `--wait` and operators look at."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from crmkit.web.asof import present_only
from crmkit.web.edge import Edge

_WAITING = """
select (select coalesce(max(position), 0) from ledger) as ledger,
       (select position from relay) as published,
       exists (select from outbox) as waiting
"""
_HEADS = "select topic, partition, position from published order by 1, 2"
_MARKS = "select producer, topic, partition, position from watermark order by 1, 2, 3"


class Progress(BaseModel):
    """`heads`: the last ledger position published to each topic and partition; `applied`: the last
    one of each producer that this service has taken in; `follows`: the topics it listens to."""

    service: str
    waiting: bool
    ledger: int
    published: int
    follows: list[str]
    heads: dict[str, int]
    applied: dict[str, dict[str, int]]


def progress(service: str, follows: list[str]) -> APIRouter:
    """The router of `GET /v1/progress/{service}`."""
    router = APIRouter(prefix="/v1/progress", tags=["operations"])

    @router.get(f"/{service}", response_model=Progress, name=f"{service}_progress")
    @present_only
    async def read_progress(edge: Edge) -> Response:
        edge.demand_operator()
        reading = edge.reading
        (waiting,) = await reading.fetch(_WAITING)
        applied: dict[str, dict[str, int]] = {}
        for row in await reading.fetch(_MARKS):
            place = f"{row['topic']}/{row['partition']}"
            applied.setdefault(row["producer"], {})[place] = row["position"]
        heads = {
            f"{row['topic']}/{row['partition']}": row["position"]
            for row in await reading.fetch(_HEADS)
        }
        return edge.plain(
            {
                "service": service,
                "waiting": waiting["waiting"],
                "ledger": waiting["ledger"],
                "published": waiting["published"],
                "follows": follows,
                "heads": heads,
                "applied": applied,
            }
        )

    return router
