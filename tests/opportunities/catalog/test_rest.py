from typing import Any

import pytest
from httpx import Response

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.opportunities.conftest import Open

PRICE = {"amount": "98000.00", "currency": "CNY"}


async def put_up(caller: Caller, **fields: Any) -> Response:
    body = {"name": "外圆磨床 M1432", "code": "m1432", "series": "磨床"} | fields
    return await caller.post("/v1/products", json=body)


async def change(caller: Caller, product: dict[str, Any], **fields: Any) -> Response:
    headers = {"if-match": f'"{product["version"]}"'}
    return await caller.patch(f"/v1/products/{product['id']}", json=fields, headers=headers)


async def codes(caller: Caller, query: str) -> list[str]:
    answer = await caller.get(f"/v1/products?{query}")
    return [product["code"] for product in answer.json()["items"]]


async def test_a_product_is_shown_as_it_was_put_on_the_list(director: Caller) -> None:
    answer = await put_up(director, list_price=PRICE)
    assert answer.status_code == 201
    product = answer.json()
    assert product["list_price"] == PRICE
    assert product["active"] is True
    assert (await director.get(answer.headers["location"])).json() == product
    assert await director.emitted(product["id"]) == ["product.created.v1"]


async def test_a_product_needs_no_price(director: Caller) -> None:
    assert (await put_up(director)).json()["list_price"] is None


async def test_a_code_is_on_the_list_once_in_a_tenant(director: Caller, login: Login) -> None:
    await put_up(director)
    refused = await put_up(director, name="另一台")
    assert (refused.status_code, refused.json()["code"]) == (409, "product.exists")
    elsewhere = await login("opportunities", "admin", tenant=ids.new())
    assert (await put_up(elsewhere)).status_code == 201


async def test_a_price_changes_with_its_currency_and_goes_away(director: Caller) -> None:
    product = (await put_up(director, list_price=PRICE)).json()
    dollars = {"amount": "14000.00", "currency": "USD"}
    product = (await change(director, product, list_price=dollars)).json()
    assert product["list_price"] == dollars
    product = (await change(director, product, list_price=None, active=False)).json()
    assert (product["list_price"], product["active"]) == (None, False)
    assert (
        await director.emitted(product["id"]) == ["product.created.v1"] + ["product.updated.v1"] * 2
    )


async def test_products_are_found_by_series_activity_and_words(director: Caller) -> None:
    await put_up(director)
    await put_up(director, code="c6140", name="车床 C6140", series="车床")
    await put_up(director, code="c6132", name="车床 C6132", series="车床", active=False)
    assert await codes(director, "series=磨床") == ["m1432"]
    assert await codes(director, "active=true&sort=code") == ["c6140", "m1432"]
    assert await codes(director, "q=C61&sort=-code") == ["c6140", "c6132"]
    refused = await director.get("/v1/products?colour=red")
    assert refused.json()["code"] == "parameter.unknown"


@pytest.mark.parametrize("role", ["sales_rep", "sales_manager", "marketing", "finance", "delivery"])
async def test_others_see_the_list_and_cannot_change_it(
    director: Caller, login: Login, role: str
) -> None:
    product = (await put_up(director)).json()
    reader = await login("opportunities", role)
    assert (await reader.get(f"/v1/products/{product['id']}")).status_code == 200
    assert (await put_up(reader, code="x")).status_code == 403
    assert (await change(reader, product, name="x")).status_code == 403


async def test_a_partner_does_not_see_the_list(director: Caller, login: Login) -> None:
    product = (await put_up(director)).json()
    partner = await login("opportunities", "partner")
    assert (await partner.get("/v1/products")).status_code == 403
    assert (await partner.get(f"/v1/products/{product['id']}")).status_code == 404


async def test_a_batch_updates_what_it_knows_by_its_outside_id(director: Caller) -> None:
    row = {"name": "磨床", "code": "m1", "external_system": "erp", "external_id": "7"}
    rows = [{"data": row}, {"data": {"name": "车床", "code": "c1"}}]
    first = (await director.post("/v1/products/batch", json={"rows": rows})).json()["rows"]
    assert [one["outcome"] for one in first] == ["created", "created"]
    again = [{"data": row | {"name": "磨床二"}}]
    (second,) = (await director.post("/v1/products/batch", json={"rows": again})).json()["rows"]
    assert (second["outcome"], second["id"]) == ("updated", first[0]["id"])


async def test_a_deal_keeps_the_name_its_product_had(director: Caller, open_deal: Open) -> None:
    product = (await put_up(director)).json()
    deal = await open_deal(director, product_id=product["id"])
    assert deal["product"] == "外圆磨床 M1432"
    await change(director, product, name="磨床二代")
    shown = await director.get(f"/v1/opportunities/{deal['id']}")
    assert shown.json()["product"] == "外圆磨床 M1432"


async def test_products_are_in_graphql(director: Caller) -> None:
    answer = await director.graphql(
        "opportunities",
        "mutation($input: ProductCreateInput!) { createProduct(input: $input) {"
        " ... on Product { id version listPrice { amount } } ... on Problem { code } } }",
        input={"name": "磨床", "code": "m1", "listPrice": PRICE},
    )
    product = answer["data"]["createProduct"]
    assert product["listPrice"] == {"amount": "98000.00"}
    changed = await director.graphql(
        "opportunities",
        "mutation($id: UUID!, $input: ProductUpdateInput!) {"
        " updateProduct(id: $id, expectedVersion: 1, input: $input) {"
        " ... on Product { version active } ... on Problem { code } } }",
        id=product["id"],
        input={"active": False},
    )
    assert changed["data"]["updateProduct"] == {"version": 2, "active": False}
