from typing import Any
from uuid import UUID

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_lead

FAIR = {"code": "fair", "label_zh": "展会", "label_en": "Fair", "source_group": "external"}
REFERRAL = {
    "code": "referral",
    "label_zh": "老客户介绍",
    "label_en": "Referral",
    "source_group": "personal",
    "method": "chain_referral",
}


async def enforce(caller: Caller, enforced: bool, version: int | None = None) -> Any:
    headers = {} if version is None else {"if-match": f'"{version}"'}
    body = {"enforced": enforced}
    return await caller.put("/v1/source-rule", json=body, headers=headers)


async def test_a_catalogue_sorts_sources_by_group_and_method(login: Login) -> None:
    director = await login("leads", "sales_director")
    fair = await made(director, "/v1/lead-sources", FAIR)
    referral = await made(director, "/v1/lead-sources", REFERRAL)
    assert (fair["method"], fair["active"]) == (None, True)
    seller = await login("leads", "sales_rep")
    assert (await seller.get("/v1/lead-sources")).json()["items"] == [fair, referral]
    personal = await seller.get("/v1/lead-sources?source_group=personal&method=chain_referral")
    assert personal.json()["items"] == [referral]
    assert (await seller.get("/v1/lead-sources?q=老客户")).json()["items"] == [referral]
    twin = await director.post("/v1/lead-sources", json=FAIR)
    assert (twin.status_code, twin.json()["code"]) == (409, "lead_source.exists")
    refused = await seller.post("/v1/lead-sources", json=FAIR | {"code": "x"})
    assert refused.status_code == 403


async def test_external_sources_are_sorted_by_where_they_are_and_leads_by_them(
    login: Login,
) -> None:
    director = await login("leads", "sales_director")
    catalogue = {
        kind: await made(director, "/v1/lead-sources", FAIR | {"code": kind, "external_kind": kind})
        for kind in ("press", "association", "dealer_ad")
    }
    asked = {"source_group": "external", "external_kind": "dealer_ad"}
    found = (await director.get("/v1/lead-sources", params=asked)).json()["items"]
    assert found == [catalogue["dealer_ad"]]
    dealer = await new_lead(director, kind="channel", source="dealer_ad")
    await new_lead(director, source="press")
    leads = await director.get("/v1/leads", params={"kind": "channel", "source": "dealer_ad"})
    assert [each["id"] for each in leads.json()["items"]] == [dealer["id"]]
    path, match = f"/v1/lead-sources/{catalogue['press']['id']}", {"if-match": '"1"'}
    for wrong in ({"external_kind": "moon"}, {"source_group": "internal"}):
        refused = await director.patch(path, json=wrong, headers=match)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/external_kind"
    both = {"source_group": "internal", "external_kind": None}
    moved = (await director.patch(path, json=both, headers=match)).json()
    assert (moved["source_group"], moved["external_kind"]) == ("internal", None)
    (_, created) = (await director.get(f"{path}/history")).json()["items"]
    assert created["state"]["external_kind"] == "press"
    mutation = """
    mutation ($input: LeadSourceCreateInput!) {
      createLeadSource(input: $input) { ... on LeadSource { externalKind sourceGroup } }
    }
    """
    given = {"code": "tv", "labelZh": "电视", "labelEn": "TV", "sourceGroup": "EXTERNAL"}
    answer = await director.graphql("leads", mutation, input=given | {"externalKind": "TELEVISION"})
    shown = {"externalKind": "TELEVISION", "sourceGroup": "EXTERNAL"}
    assert answer["data"]["createLeadSource"] == shown


async def test_a_source_keeps_its_code_and_its_group_agrees_with_its_method(login: Login) -> None:
    director = await login("leads", "sales_director")
    path = f"/v1/lead-sources/{(await made(director, '/v1/lead-sources', FAIR))['id']}"
    match = {"if-match": '"1"'}
    for wrong, code in (
        ({"code": "show"}, "field.unknown"),
        ({"source_group": "personal"}, "lead_source.method"),
        ({"method": "observation"}, "lead_source.method"),
    ):
        answer = await director.patch(path, json=wrong, headers=match)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    both = {"source_group": "personal", "method": "observation", "active": False}
    changed = (await director.patch(path, json=both, headers=match)).json()
    assert (changed["source_group"], changed["active"], changed["version"]) == (
        "personal",
        False,
        2,
    )


async def test_a_lead_names_any_source_until_a_tenant_decides_otherwise(login: Login) -> None:
    director = await login("leads", "sales_director")
    assert (await director.get("/v1/source-rule")).status_code == 404
    await new_lead(director, source="anything")
    answer = await enforce(director, False)
    assert answer.status_code == 403
    await made(director, "/v1/lead-sources", FAIR)
    assert (await new_lead(director, source="anything-else"))["source"] == "anything-else"


async def test_an_enforced_catalogue_takes_leads_from_its_sources_alone(login: Login) -> None:
    admin = await login("leads", "admin")
    fair = await made(admin, "/v1/lead-sources", FAIR)
    old = await new_lead(admin, source="legacy")
    first = await enforce(admin, True)
    assert (first.status_code, first.json()["version"]) == (201, 1)
    body = {"company": "Acme", "source": "web"}

    async def refused() -> bool:
        answer = await admin.post("/v1/leads", json=body)
        return answer.status_code == 422 and answer.json()["code"] == "lead_source.unknown"

    await until(refused)
    assert (await new_lead(admin, source="fair"))["source"] == "fair"
    path = f"/v1/leads/{old['id']}"
    kept = await admin.patch(path, json={"source": "legacy"}, headers={"if-match": '"1"'})
    assert kept.status_code == 200
    moved = await admin.patch(path, json={"source": "web"}, headers={"if-match": '"1"'})
    assert moved.json()["errors"][0]["pointer"] == "/source"
    closing = {"active": False}
    source = f"/v1/lead-sources/{fair['id']}"
    await admin.patch(source, json=closing, headers={"if-match": '"1"'})
    gone = await admin.post("/v1/leads", json=body | {"source": "fair"})
    assert gone.json()["code"] == "lead_source.unknown"


async def test_what_a_tenant_decided_is_replaced_by_version(login: Login) -> None:
    admin = await login("leads", "admin")
    assert (await enforce(admin, True)).status_code == 201
    assert (await enforce(admin, False)).status_code == 428
    assert (await enforce(admin, False, 7)).status_code == 412
    again = await enforce(admin, False, 1)
    assert (again.status_code, again.json()["enforced"]) == (200, False)
    assert (await admin.get("/v1/source-rule")).json()["version"] == 2


async def test_one_tenants_rule_is_no_other_tenants(login: Login) -> None:
    admin = await login("leads", "admin")
    await enforce(admin, True)
    other = await login("leads", "admin", tenant=ids.new())
    assert (await new_lead(other, source="anything"))["source"] == "anything"
    assert (await other.get("/v1/source-rule")).status_code == 404


async def test_a_lead_names_the_account_that_referred_it(
    login: Login, house: House, tenant: UUID
) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller, name="Old friends")
    lead = await new_lead(seller, source="referral", referrer_id=account["id"])
    await new_lead(seller)
    found = await seller.get(f"/v1/leads?referrer_id={account['id']}")
    assert [each["id"] for each in found.json()["items"]] == [lead["id"]]
    query = """query ($id: UUID!) {
      lead(id: $id) { referrer { name referredLeads { nodes { id } } } } }"""
    told = (await seller.graphql("leads", query, id=lead["id"]))["data"]["lead"]
    assert told == {
        "referrer": {"name": "Old friends", "referredLeads": {"nodes": [{"id": lead["id"]}]}}
    }
    unknown = {"company": "A", "source": "x", "referrer_id": str(ids.new())}
    answer = await seller.post("/v1/leads", json=unknown)
    assert (answer.status_code, answer.json()["code"]) == (404, "account.not_found")


async def test_the_catalogue_is_kept_by_mutations_too(login: Login) -> None:
    admin = await login("leads", "admin")
    mutation = """
    mutation ($new: LeadSourceCreateInput!) {
      createLeadSource(input: $new) { ... on LeadSource { id code method } }
      twin: createLeadSource(input: $new) { ... on Problem { code } }
      first: putSourceRule(input: {enforced: false}) { ... on SourceRule { version } }
      blind: putSourceRule(input: {enforced: true}) { ... on Problem { code } }
      putSourceRule(expectedVersion: 1, input: {enforced: false, note: "Q2"}) {
        ... on SourceRule { version note }
      }
    }
    """
    new = {"code": "friends", "labelZh": "朋友", "labelEn": "Friends"}
    new |= {"sourceGroup": "PERSONAL", "method": "ASSISTANT"}
    told = (await admin.graphql("leads", mutation, new=new))["data"]
    source = told.pop("createLeadSource")
    assert (source["code"], source["method"]) == ("friends", "ASSISTANT")
    assert told == {
        "twin": {"code": "lead_source.exists"},
        "first": {"version": 1},
        "blind": {"code": "version.required"},
        "putSourceRule": {"version": 2, "note": "Q2"},
    }
    query = """
    mutation ($id: UUID!) {
      updateLeadSource(id: $id, expectedVersion: 1, input: {active: false}) {
        ... on LeadSource { active }
      }
    }
    """
    told = (await admin.graphql("leads", query, id=source["id"]))["data"]
    assert told == {"updateLeadSource": {"active": False}}
    listed = await admin.graphql(
        "leads",
        "{ sourceRule { enforced } leadSources(filter: {active: false}) { nodes { code } } }",
    )
    assert listed["data"] == {
        "sourceRule": {"enforced": False},
        "leadSources": {"nodes": [{"code": "friends"}]},
    }
