"""Custom fields of leads, through every door."""

import asyncio
from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import a_lead, made, new_lead

TIERS = [
    {"code": "gold", "zh": "金牌", "en": "Gold"},
    {"code": "tin", "zh": "普通", "en": "Tin"},
]
PATH = "/v1/leads/custom-fields"


async def define(admin: Caller, key: str, kind: str, **more: Any) -> dict[str, Any]:
    if kind.endswith("choice"):
        more = {"choices": TIERS} | more
    body = {"key": key, "kind": kind, "label_zh": "字段", "label_en": key, **more}
    return await made(admin, PATH, body)


async def patched(caller: Caller, lead: dict[str, Any], custom: dict[str, Any]) -> Any:
    return await caller.patch(
        f"/v1/leads/{lead['id']}",
        json={"custom": custom},
        headers={"if-match": f'"{lead["version"]}"'},
    )


async def test_a_lead_carries_what_its_tenant_defined(login: Login) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    await define(admin, "size", "number")
    await define(admin, "tier", "choice")
    lead = await new_lead(seller, custom={"size": "12.50", "tier": "gold"})
    assert lead["custom"] == {"size": "12.5", "tier": "gold"}
    (history,) = (await seller.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert history["state"]["custom"] == lead["custom"]


async def test_a_patch_merges_key_by_key_and_null_takes_one_away(login: Login) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    for key in ("one", "two", "three"):
        await define(admin, key, "text")
    lead = await new_lead(seller, custom={"one": "a", "two": "b"})
    answer = await patched(seller, lead, {"two": None, "three": "c"})
    assert answer.json()["custom"] == {"one": "a", "three": "c"}
    entry = (await seller.get(f"/v1/leads/{lead['id']}/history")).json()["items"][0]
    assert entry["changed"] == {"custom": [{"one": "a", "two": "b"}, {"one": "a", "three": "c"}]}
    same = await patched(seller, answer.json(), {"one": "a"})
    assert same.json()["version"] == 2


async def test_an_unknown_key_is_refused_with_the_nearest_known_one(login: Login) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    await define(admin, "budget_year", "number")
    answer = await seller.post("/v1/leads", json=a_lead(custom={"budgetyear": "2026"}))
    assert (answer.status_code, answer.json()["code"]) == (422, "custom.unknown")
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/custom/budgetyear"
    assert "budget_year" in fault["message"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 5),
        ("text", ""),
        ("text", "x" * 201),
        ("text", "a\u0000b"),
        ("number", 1.5),
        ("number", True),
        ("number", "1e5"),
        ("number", "NaN"),
        ("number", "1234567890123"),
        ("money", "5.00"),
        ("money", {"amount": "-1.00", "currency": "CNY"}),
        ("money", {"amount": "1000000000000.00", "currency": "CNY"}),
        ("day", "2026-02-30"),
        ("day", "2026-01-01T00:00:00Z"),
        ("instant", "2026-01-01T00:00:00"),
        ("bool", "true"),
        ("bool", 1),
        ("choice", "Gold"),
        ("multi-choice", "gold"),
        ("multi-choice", []),
        ("url", "javascript:alert(1)"),
        ("url", "https://"),
    ],
)
async def test_a_value_of_another_type_is_refused(login: Login, kind: str, value: Any) -> None:
    admin = await login("leads", "admin")
    await define(admin, "it", kind)
    answer = await admin.post("/v1/leads", json=a_lead(custom={"it": value}))
    assert (answer.status_code, answer.json()["code"]) == (422, "custom.invalid")
    assert answer.json()["errors"][0]["pointer"] == "/custom/it"


async def test_a_required_field_is_demanded_of_new_leads_alone(login: Login) -> None:
    admin = await login("leads", "admin")
    before = await new_lead(admin)
    await define(admin, "tier", "choice", required=True)
    refused = await admin.post("/v1/leads", json=a_lead())
    while refused.status_code == 201:  # within two seconds of what is remembered
        refused = await admin.post("/v1/leads", json=a_lead())
    assert (refused.status_code, refused.json()["code"]) == (422, "field.missing")
    patch = {"if-match": '"1"'}
    path = f"/v1/leads/{before['id']}"
    assert (await admin.patch(path, json={"need": "x"}, headers=patch)).status_code == 200
    lead = await new_lead(admin, custom={"tier": "tin"})
    assert (await patched(admin, lead, {"tier": None})).json()["code"] == "field.missing"


async def test_values_outlive_a_definition_that_is_put_away(login: Login) -> None:
    admin = await login("leads", "admin")
    field = await define(admin, "old", "text")
    lead = await new_lead(admin, custom={"old": "kept"})
    off = await admin.patch(
        f"{PATH}/{field['id']}", json={"active": False}, headers={"if-match": '"1"'}
    )
    assert off.json()["active"] is False
    assert (await admin.delete(f"{PATH}/{field['id']}")).status_code == 204
    assert (await admin.get(f"/v1/leads/{lead['id']}")).json()["custom"] == {"old": "kept"}
    again = await admin.post(
        PATH, json={"key": "old", "kind": "number", "label_zh": "x", "label_en": "x"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "lead_field.exists")
    assert await admin.emitted(field["id"]) == [
        "lead_field.created.v1",
        "lead_field.updated.v1",
        "lead_field.deleted.v1",
    ]


async def test_only_administrators_define_fields_and_all_see_them(login: Login) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    field = await define(admin, "tier", "choice")
    assert (await seller.get(f"{PATH}/{field['id']}")).json() == field
    body = {"key": "mine", "kind": "text", "label_zh": "x", "label_en": "x"}
    assert (await seller.post(PATH, json=body)).status_code == 403
    stranger = await login("leads", "admin", tenant=ids.new())
    assert (await stranger.get(PATH)).json()["items"] == []
    refused = await stranger.post("/v1/leads", json=a_lead(custom={"tier": "gold"}))
    assert refused.json()["code"] == "custom.unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "Size"},
        {"key": "size_gte"},
        {"kind": "choice"},
        {"kind": "text", "choices": TIERS},
        {"kind": "choice", "choices": [TIERS[0], TIERS[0]]},
        {"max_length": 4001},
        {"kind": "blob"},
    ],
)
async def test_a_field_that_makes_no_sense_is_refused(login: Login, wrong: Any) -> None:
    admin = await login("leads", "admin")
    body = {"key": "size", "kind": "text", "label_zh": "x", "label_en": "x"} | wrong
    assert (await admin.post(PATH, json=body)).status_code == 422


async def test_a_table_has_at_most_100_fields_and_a_record_16_kib(login: Login) -> None:
    admin = await login("leads", "admin")
    for n in range(100):
        await define(admin, f"f{n}", "text", max_length=4000)
    body = {"key": "more", "kind": "text", "label_zh": "x", "label_en": "x"}
    answer = await admin.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "lead_field.too_many")
    large = {f"f{n}": "x" * 4000 for n in range(5)}
    refused = await admin.post("/v1/leads", json=a_lead(custom=large))
    assert (refused.status_code, refused.json()["code"]) == (422, "custom.too_large")


async def test_graphql_defines_writes_filters_and_shows(login: Login) -> None:
    admin = await login("leads", "admin")
    create = """mutation ($input: LeadFieldCreateInput!) {
      createLeadField(input: $input) { ... on LeadField { key kind } ... on Problem { code } }
    }"""
    given = {"key": "size", "kind": "NUMBER", "labelZh": "规模", "labelEn": "Size"}
    done = await admin.graphql("leads", create, input=given)
    assert done["data"]["createLeadField"] == {"key": "size", "kind": "NUMBER"}
    again = await admin.graphql("leads", create, input=given)
    assert again["data"]["createLeadField"] == {"code": "lead_field.exists"}
    write = """mutation ($input: LeadCreateInput!) {
      createLead(input: $input) {
        ... on Lead { custom } ... on Problem { code errors { pointer } }
      }
    }"""
    for size in ("5", 7):
        lead = {"company": "Acme", "source": "web", "custom": {"size": size}}
        shown = await admin.graphql("leads", write, input=lead)
        assert shown["data"]["createLead"] == {"custom": {"size": str(size)}}
    wrong = {"company": "Acme", "source": "web", "custom": {"size": "many"}}
    refused = (await admin.graphql("leads", write, input=wrong))["data"]["createLead"]
    assert refused == {"code": "custom.invalid", "errors": [{"pointer": "/custom/size"}]}
    ask = """query ($filter: LeadFilter) {
      leads(filter: $filter) { nodes { custom } } leadFields { nodes { key } }
    }"""
    found = (await admin.graphql("leads", ask, filter={"custom": {"size_gt": 5}}))["data"]
    assert found["leads"]["nodes"] == [{"custom": {"size": "7"}}]
    assert found["leadFields"]["nodes"] == [{"key": "size"}]


async def test_definitions_made_at_once_find_places_of_their_own(login: Login) -> None:
    admin = await login("leads", "admin")
    body = {"kind": "text", "label_zh": "字段", "label_en": "field"}
    made = await asyncio.gather(
        *(admin.post(PATH, json=body | {"key": f"field_{n}"}) for n in range(12))
    )
    assert [answer.status_code for answer in made] == [201] * 12


@pytest.mark.parametrize("given", ["x", 1, ["x"], True])
async def test_a_graphql_filter_of_another_shape_is_refused(login: Login, given: Any) -> None:
    admin = await login("leads", "admin")
    query = "query($given: JSON) { leads(filter: {custom: $given}) { nodes { id } } }"
    (error,) = (await admin.graphql("leads", query, given=given))["errors"]
    assert error["extensions"]["code"] == "parameter.invalid"


async def test_a_page_size_of_null_is_refused(login: Login) -> None:
    admin = await login("leads", "admin")
    query = "query($first: Int) { leads(first: $first) { nodes { id } } }"
    (error,) = (await admin.graphql("leads", query, first=None))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
