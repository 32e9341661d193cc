"""Custom fields of opportunities: the same component, another room."""

from uuid import UUID

from crmkit.testing.house import House
from crmkit.testing.plugin import Login

PATH = "/v1/opportunities/custom-fields"
SIZE = {"key": "size", "kind": "number", "label_zh": "规模", "label_en": "Size"}
DEAL = {"name": "Deal", "amount": {"amount": "1.00", "currency": "CNY"}}


async def test_a_deal_carries_filters_and_tells_what_its_tenant_defined(
    house: House, login: Login, tenant: UUID
) -> None:
    admin = await login("opportunities", "admin")
    assert (await admin.post(PATH, json=SIZE)).status_code == 201
    made = (await admin.post("/v1/opportunities", json=DEAL | {"custom": {"size": "2.0"}})).json()
    assert made["custom"] == {"size": "2"}
    found = await admin.get("/v1/opportunities", params={"custom.size_lte": "2"})
    assert [deal["id"] for deal in found.json()["items"]] == [made["id"]]
    assert (await admin.get("/v1/opportunities?custom.size_lt=2")).json()["items"] == []
    changed = await admin.patch(
        f"/v1/opportunities/{made['id']}",
        json={"custom": {"size": "3"}},
        headers={"if-match": '"1"'},
    )
    assert changed.json()["custom"] == {"size": "3"}
    async with (await house.system("opportunities")).system() as connection:
        told = await connection.fetchval(
            "select data::jsonb -> 'changed' from event"
            " where aggregate_id = $1 and version = 2 and tenant_id = $2",
            made["id"],
            tenant,
        )
    assert told == {"custom": [{"size": "2"}, {"size": "3"}]}


async def test_a_closed_deal_keeps_its_custom_fields_as_they_are(login: Login) -> None:
    admin = await login("opportunities", "admin")
    await admin.post(PATH, json=SIZE)
    made = (await admin.post("/v1/opportunities", json=DEAL | {"custom": {"size": "2"}})).json()
    await admin.post(f"/v1/opportunities/{made['id']}/win", json={})
    path, match = f"/v1/opportunities/{made['id']}", {"if-match": '"2"'}
    refused = await admin.patch(path, json={"custom": {"size": "3"}}, headers=match)
    assert refused.status_code == 409
    same = await admin.patch(path, json={"custom": {"size": "2.00"}}, headers=match)
    assert (same.status_code, same.json()["version"]) == (200, 2)
