"""The pipeline as of an instant: from all that was told of deals, not from what they are now."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from services.forecast.forecast.consumers import deals
from tests.forecast.conftest import _DEAL, wire

MONDAY, TUESDAY, FRIDAY = (datetime(2026, 11, day, 8, tzinfo=UTC) for day in (2, 3, 6))


async def _lines(caller: Caller, at: datetime | None) -> list[tuple[str, int]]:
    asked = {"period": "2026-11"} | ({"as_of": at.isoformat()} if at else {})
    answer = await caller.get("/v1/forecasts/pipeline", params=asked)
    assert answer.status_code == 200, answer.text
    return [(line["best_case"]["amount"], line["open_count"]) for line in answer.json()["lines"]]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_the_pipeline_of_then_is_made_of_what_was_told_by_then(
    house: House, rep: Caller, tenant: UUID, order: tuple[int, ...]
) -> None:
    """In whatever order the versions arrived, and however often."""
    deal, mine = ids.new(), {"owner_id": str(rep.actor.member_id)}
    steps: list[tuple[datetime, dict[str, Any]]] = [
        (MONDAY, {"amount": "100.00"}),
        (TUESDAY, {"amount": "70.00"}),
        (FRIDAY, {"status": "lost", "lost_at": "2026-11-06T08:00:00Z"}),
    ]
    told = [
        msgspec.structs.replace(
            wire("opportunity.updated.v1", tenant, deal, version, _DEAL | mine | state),
            recordedat=at,
        )
        for version, (at, state) in enumerate(steps, 1)
    ]
    for each in (*order, *order):
        async with (await house.system("forecast")).transaction() as connection:
            await deals.apply(connection, [told[each]])
    assert await _lines(rep, datetime(2026, 11, 1, tzinfo=UTC)) == []
    assert await _lines(rep, MONDAY) == [("100.00", 1)]
    assert await _lines(rep, TUESDAY) == [("70.00", 1)]
    assert await _lines(rep, FRIDAY) == await _lines(rep, None) == []


async def test_a_batch_keeps_every_version(house: House, rep: Caller, tenant: UUID) -> None:
    deal, mine = ids.new(), {"owner_id": str(rep.actor.member_id)}
    told = [
        msgspec.structs.replace(
            wire(
                "opportunity.updated.v1", tenant, deal, version, _DEAL | mine | {"amount": amount}
            ),
            recordedat=at,
        )
        for version, (at, amount) in enumerate([(MONDAY, "1.00"), (TUESDAY, "2.00")], 1)
    ]
    async with (await house.system("forecast")).transaction() as connection:
        await deals.apply(connection, [*told, *told])
    assert await _lines(rep, MONDAY) == [("1.00", 1)]
    assert await _lines(rep, None) == [("2.00", 1)]
