"""The audit trail: every event of the tenant, for auditors only."""

from crmkit.testing.plugin import Login

NEW = {"company": "ACME", "source": "web"}


async def test_an_auditor_sees_who_did_what_newest_first(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = (await seller.post("/v1/leads", json=NEW)).json()
    await seller.post(f"/v1/leads/{lead['id']}/work")
    auditor = await login("leads", "auditor")
    trail = (await auditor.get("/v1/audit/leads")).json()["items"]
    assert [entry["type"] for entry in trail] == ["lead.worked.v1", "lead.created.v1"]
    assert {entry["actor"] for entry in trail} == {f"member:{seller.actor.member_id}"}
    assert all(entry["traceparent"] for entry in trail)


async def test_the_trail_is_filtered_and_paged(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for _ in range(3):
        await seller.post("/v1/leads", json=NEW)
    auditor = await login("leads", "auditor")
    first = (await auditor.get("/v1/audit/leads?limit=2")).json()["items"]
    rest = (await auditor.get(f"/v1/audit/leads?before={first[-1]['id']}")).json()["items"]
    assert len(first) == 2
    assert len(rest) == 1
    one = first[0]["aggregate_id"]
    found = (await auditor.get(f"/v1/audit/leads?aggregate_id={one}")).json()["items"]
    assert [entry["aggregate_id"] for entry in found] == [one]
    none = (await auditor.get("/v1/audit/leads?type=lead.converted.v1")).json()["items"]
    assert none == []


async def test_the_trail_is_for_auditors(login: Login) -> None:
    seller = await login("leads", "sales_director")
    answer = await seller.get("/v1/audit/leads")
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
