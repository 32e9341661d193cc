"""Batches: rows that stand in each other's way are written one after the other, none is lost."""

from typing import Any

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login


def named(name: str, **fields: Any) -> dict[str, Any]:
    return {"data": {"name": name, "external_system": "old", "external_id": name, **fields}}


async def post(caller: Caller, *rows: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    answer = await caller.post("/v1/accounts/batch", json={"rows": rows, **options})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["rows"]
    return results


async def test_two_rows_for_one_record_both_take_effect(login: Login) -> None:
    admin = await login("leads", "admin")
    (made,) = await post(admin, named("Acme"))
    both = await post(admin, named("Acme", industry="steel"), named("Acme", country="China"))
    assert [row["version"] for row in both] == [2, 3]
    account = (await admin.get(f"/v1/accounts/{made['id']}")).json()
    assert (account["industry"], account["country"], account["version"]) == ("steel", "China", 3)
    assert await admin.emitted(made["id"]) == [
        "account.created.v1",
        "account.updated.v1",
        "account.updated.v1",
    ]


async def test_two_rows_cannot_close_a_circle_together(login: Login) -> None:
    admin = await login("leads", "admin")
    one, two = await post(admin, named("One"), named("Two"))
    swapped = await post(
        admin, named("One", parent_id=two["id"]), named("Two", parent_id=one["id"])
    )
    assert [row["outcome"] for row in swapped] == ["updated", "refused"]
    assert swapped[1]["problem"]["code"] == "account.cycle"


async def test_rows_that_contradict_each_other_leave_an_atomic_batch_unwritten(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    answer = await admin.post(
        "/v1/accounts/batch", json={"rows": [named("Twin"), named("Twin")], "atomic": True}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "batch.contradiction")
    assert (await admin.get("/v1/accounts")).json()["items"] == []


async def test_a_row_known_twice_in_one_batch_is_created_once(login: Login) -> None:
    admin = await login("leads", "admin")
    first, second = await post(admin, named("Twin"), named("Twin", country="China"))
    assert (first["outcome"], second["outcome"]) == ("created", "updated")
    assert first["id"] == second["id"]


async def test_what_a_room_does_not_know_is_refused_row_by_row(login: Login) -> None:
    admin = await login("leads", "admin")
    rows = [{"data": {"kind": "call", "subject": "x", "external_system": "a", "external_id": "b"}}]
    answer = await admin.post("/v1/activities/batch", json={"rows": rows})
    assert (answer.status_code, answer.json()["rows"][0]["status"]) == (200, 422)
    (refused,) = await post(admin, named("nul\0"))
    assert refused["status"] == 422


async def test_a_batch_has_no_idempotency_key(login: Login) -> None:
    admin = await login("leads", "admin")
    headers = {"idempotency-key": "k"}
    answer = await admin.post("/v1/accounts/batch", json={"rows": [named("Acme")]}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.batch")


async def test_a_restore_minds_the_version_it_names(login: Login) -> None:
    admin = await login("leads", "admin")
    (made,) = await post(admin, named("Acme"))
    path = f"/v1/accounts/{made['id']}"
    await admin.delete(path)
    stale = await admin.post(f"{path}/restore", headers={"if-match": '"77"'})
    assert stale.status_code == 412
    assert (await admin.post(f"{path}/restore", headers={"if-match": '"2"'})).status_code == 200
