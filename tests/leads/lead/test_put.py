"""A lead that another system knows is put: created, or changed."""

import asyncio

import pytest

from crmkit.testing.plugin import Login
from tests.leads.samples import a_lead, made, new_lead

PATH = "/v1/leads/by/ads/17"


async def test_a_lead_is_created_under_its_id_elsewhere_and_then_changed(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    first = await seller.put(PATH, json=a_lead(need="a line", phone="13800138000"))
    lead = first.json()
    assert (first.status_code, lead["external_system"], lead["external_id"]) == (201, "ads", "17")
    assert first.headers["location"] == f"/v1/leads/{lead['id']}"
    assert (await seller.get(first.headers["location"])).json() == lead
    again = await seller.put(PATH, json=a_lead(company="Acme Robotics"))
    now = again.json()
    assert (now["id"], now["company"], now["need"]) == (lead["id"], "Acme Robotics", "a line")
    assert await seller.emitted(lead["id"]) == ["lead.created.v1", "lead.updated.v1"]
    same = await seller.put(PATH, json=a_lead(company="Acme Robotics"))
    assert (same.status_code, same.json()["version"]) == (200, 2)


async def test_of_many_that_put_one_lead_at_once_one_creates_it(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    tries = (seller.put(PATH, json=a_lead(need=f"line {n}")) for n in range(6))
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_the_address_says_which_lead_it_is(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    other = await seller.put(PATH, json=a_lead(external_id="18"))
    assert (other.status_code, other.json()["code"]) == (422, "external.differs")
    bad = await seller.put("/v1/leads/by/The%20Ads/17", json=a_lead())
    assert bad.status_code == 422


async def test_what_was_put_away_is_not_put_again(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = (await seller.put(PATH, json=a_lead())).json()
    await seller.delete(f"/v1/leads/{lead['id']}")
    refused = await seller.put(PATH, json=a_lead())
    assert (refused.status_code, refused.json()["code"]) == (409, "lead.deleted")


async def test_what_went_into_another_lead_is_changed_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    kept = await new_lead(seller, company="Kept")
    gone = (await seller.put(PATH, json=a_lead())).json()
    await made(seller, f"/v1/leads/{kept['id']}/merge", {"source_ids": [gone["id"]]})
    put = (await seller.put(PATH, json=a_lead(need="more"))).json()
    assert (put["id"], put["need"]) == (kept["id"], "more")
    row = {"data": a_lead(need="most", external_system="ads", external_id="17")}
    (told,) = (await seller.post("/v1/leads/batch", json={"rows": [row]})).json()["rows"]
    assert (told["outcome"], told["id"]) == ("updated", kept["id"])


@pytest.mark.parametrize(("version", "status"), [(1, 200), (7, 412)])
async def test_a_put_honours_the_version_it_names(login: Login, version: int, status: int) -> None:
    seller = await login("leads", "sales_rep")
    await seller.put(PATH, json=a_lead())
    headers = {"if-match": f'"{version}"'}
    assert (await seller.put(PATH, json=a_lead(need="x"), headers=headers)).status_code == status


async def test_nobody_puts_a_lead_that_is_not_theirs(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    await seller.put(PATH, json=a_lead())
    assert (await other.put(PATH, json=a_lead(need="mine"))).status_code == 404


async def test_graphql_puts_too(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    put = """
    mutation ($id: String!, $input: LeadCreateInput!) {
      putLead(system: "ads", externalId: $id, input: $input) {
        ... on Lead { id version need externalId }
        ... on Problem { code errors { pointer } }
      }
    }
    """
    first = await seller.graphql("leads", put, id="17", input=a_lead())
    again = await seller.graphql("leads", put, id="17", input=a_lead(need="a line"))
    lead = again["data"]["putLead"]
    assert lead == first["data"]["putLead"] | {"version": 2, "need": "a line"}
    bad = await seller.graphql("leads", put, id=" ", input=a_lead())
    assert bad["data"]["putLead"]["errors"] == [{"pointer": "/externalId"}]
