from typing import Any

from httpx import Response

from crmkit.testing.house import Caller

OPENED, MOVED, CLOSED = "2025-03-02T01:30:00Z", "2025-04-01T01:30:00Z", "2025-05-09T08:00:00Z"


def row(number: int, *steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    data = {
        "name": f"deal {number}",
        "amount": {"amount": f"{number}.00", "currency": "CNY"},
        "external_system": "legacy",
        "external_id": str(number),
        "imported": True,
    }
    return {"data": data | fields, "occurred_at": OPENED, "then": list(steps)}


def step(action: str, when: str, **data: Any) -> dict[str, Any]:
    return {"action": action, "data": data, "occurred_at": when}


async def send(caller: Caller, *rows: dict[str, Any], atomic: bool = False) -> Response:
    return await caller.post("/v1/opportunities/batch", json={"rows": rows, "atomic": atomic})


async def test_a_whole_life_is_imported_in_one_row(director: Caller) -> None:
    answer = await send(
        director,
        row(1, step("stage", MOVED, stage="proposal"), step("win", CLOSED)),
        row(2, step("lose", CLOSED, reason="价格")),
        row(3),
    )
    results = answer.json()["rows"]
    assert [(one["status"], one["version"]) for one in results] == [(201, 3), (201, 2), (201, 1)]
    deals = (await director.get("/v1/opportunities?sort=amount")).json()["items"]
    assert [(d["status"], d["stage"], d["probability"]) for d in deals] == [
        ("won", "proposal", 100),
        ("lost", "qualification", 0),
        ("open", "qualification", 10),
    ]
    assert {deal["opened_at"] for deal in deals} == {OPENED}
    assert (deals[0]["won_at"], deals[1]["lost_at"]) == (CLOSED, CLOSED)
    assert await director.emitted(results[0]["id"]) == [
        "opportunity.created.v1",
        "opportunity.stage_changed.v1",
        "opportunity.won.v1",
    ]


async def test_an_import_sent_again_changes_nothing(director: Caller) -> None:
    rows = [row(1, step("win", CLOSED)), row(2)]
    first = (await send(director, *rows)).json()["rows"]
    second = (await send(director, *rows)).json()["rows"]
    assert [one["outcome"] for one in second] == ["unchanged", "unchanged"]
    assert [(o["id"], o["version"]) for o in second] == [(o["id"], o["version"]) for o in first]


async def test_a_row_that_is_refused_leaves_the_others_written(director: Caller) -> None:
    good, bad = row(1), row(2, step("win", "2025-01-01T00:00:00Z"))
    first, second = (await send(director, good, bad)).json()["rows"]
    assert first["status"] == 201
    assert second["problem"]["code"] == "opportunity.before_opened"
    assert len((await director.get("/v1/opportunities")).json()["items"]) == 1


async def test_one_refused_row_leaves_an_atomic_batch_unwritten(director: Caller) -> None:
    rows = [row(1), row(2, stage="handshake")]
    first, second = (await send(director, *rows, atomic=True)).json()["rows"]
    assert (first["outcome"], second["problem"]["code"]) == ("unwritten", "stage.unknown")
    assert (await director.get("/v1/opportunities")).json()["items"] == []


async def test_a_seller_cannot_import_history(seller: Caller) -> None:
    (result,) = (await send(seller, row(1))).json()["rows"]
    assert (result["status"], result["problem"]["code"]) == (403, "history.forbidden")
