"""Saved views of opportunities: the same component, another service."""

from crmkit.testing.plugin import Login

VIEWS = "/v1/opportunities/views"


async def test_deals_are_listed_by_a_view_and_its_fields(login: Login) -> None:
    manager, seller = [await login("opportunities", f"sales_{who}") for who in ("manager", "rep")]
    for caller, name, amount in ((manager, "Large", "9.00"), (seller, "Small", "1.00")):
        deal = {"name": name, "amount": {"amount": amount, "currency": "CNY"}}
        assert (await caller.post("/v1/opportunities", json=deal)).status_code == 201
    view = {
        "name": "Open, by amount",
        "filter": {"status": "open", "amount_gte": "1.00"},
        "sort": "-amount",
        "fields": ["name"],
        "shared": "team",
    }
    saved = await manager.post(VIEWS, json=view)
    assert saved.status_code == 201, saved.text
    for caller, names in ((manager, ["Large", "Small"]), (seller, ["Small"])):
        answer = await caller.get("/v1/opportunities", params={"view": saved.json()["id"]})
        shown = answer.json()["items"]
        assert [each.keys() for each in shown] == [{"id", "version", "name"}] * len(names)
        assert [each["name"] for each in shown] == names
    wrong = await seller.post(
        VIEWS, json={"name": "x", "filter": {"amount": "much", "state": "open"}}
    )
    assert {each["pointer"] for each in wrong.json()["errors"]} == {
        "/filter/state",
        "/filter/amount",
    }
