from typing import Any

from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, INTENT, a_lead, made

MARCH = "2026-03-02T09:00:00Z"
APRIL = "2026-04-02T09:00:00Z"


def rows(*given: dict[str, Any], atomic: bool = False) -> dict[str, Any]:
    return {"rows": list(given), "atomic": atomic}


async def test_a_batch_answers_each_row_in_its_place(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    body = rows({"data": a_lead()}, {"data": {"company": ""}}, {"data": a_lead(company="Beta")})
    answer = await seller.post("/v1/leads/batch", json=body)
    assert answer.status_code == 200
    first, second, third = answer.json()["rows"]
    assert [first["status"], second["status"], third["status"]] == [201, 422, 201]
    assert {fault["pointer"] for fault in second["problem"]["errors"]} == {"/company", "/source"}
    page = (await seller.get("/v1/leads", params={"sort": "company"})).json()
    assert [lead["id"] for lead in page["items"]] == [first["id"], third["id"]]


async def test_an_atomic_batch_is_written_whole_or_not_at_all(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    body = rows({"data": a_lead()}, {"data": {"company": ""}}, atomic=True)
    good, bad = (await made(seller, "/v1/leads/batch", body))["rows"]
    assert (good["status"], good["outcome"]) == (424, "unwritten")
    assert bad["status"] == 422
    assert (await seller.get("/v1/leads")).json()["items"] == []


async def test_a_row_known_by_its_external_id_is_updated(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    known = a_lead(external_system="ads", external_id="17")
    (created,) = (await made(seller, "/v1/leads/batch", rows({"data": known})))["rows"]
    (same,) = (await made(seller, "/v1/leads/batch", rows({"data": known})))["rows"]
    assert (same["status"], same["outcome"], same["version"]) == (200, "unchanged", 1)
    changed = rows({"data": known | {"need": "a line"}})
    (updated,) = (await made(seller, "/v1/leads/batch", changed))["rows"]
    assert (updated["outcome"], updated["id"]) == ("updated", created["id"])


async def test_a_row_lives_its_whole_life_in_one_batch(login: Login) -> None:
    importer = await login("leads", "sales_rep", scopes=[HISTORY])
    row = {
        "data": a_lead(),
        "occurred_at": MARCH,
        "then": [
            {"action": "work", "occurred_at": MARCH},
            {"action": "qualify", "data": INTENT, "occurred_at": APRIL},
            {"action": "convert", "data": {}, "occurred_at": APRIL},
        ],
    }
    (done,) = (await made(importer, "/v1/leads/batch", rows(row)))["rows"]
    lead = (await importer.get(f"/v1/leads/{done['id']}")).json()
    assert (lead["status"], lead["received_at"], lead["qualified_at"]) == (
        "converted",
        MARCH,
        APRIL,
    )
    assert lead["version"] == 4
    assert await importer.emitted(done["id"]) == [
        "lead.created.v1",
        "lead.worked.v1",
        "lead.qualified.v1",
        "lead.converted.v1",
    ]
    assert (await importer.get(f"/v1/accounts/{lead['account_id']}")).status_code == 200


async def test_a_step_nobody_knows_refuses_its_row(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    row = {"data": a_lead(), "then": [{"action": "abduct"}]}
    (refused,) = (await made(seller, "/v1/leads/batch", rows(row)))["rows"]
    assert (refused["status"], refused["problem"]["code"]) == (422, "batch.unknown_action")
    assert (await seller.get("/v1/leads")).json()["items"] == []


async def test_a_batch_has_at_least_one_row_and_at_most_500(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    assert (await seller.post("/v1/leads/batch", json=rows())).status_code == 422
    many = rows(*[{"data": a_lead()}] * 501)
    assert (await seller.post("/v1/leads/batch", json=many)).status_code == 422
    whole = await made(seller, "/v1/leads/batch", rows(*[{"data": a_lead()}] * 500))
    assert {row["status"] for row in whole["rows"]} == {201}
