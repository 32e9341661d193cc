from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.identity.samples import new_member


async def test_a_created_member_is_answered_whole(login: Login) -> None:
    admin = await login("identity", "admin")
    body = {
        "name": "Li Wei",
        "email": "Li@Acme.CN",
        "team": "cn/east/shanghai-1",
        "region": "Shanghai",
        "roles": ["sales_manager", "sales_rep"],
    }
    answer = await admin.post("/v1/members", json=body)
    member = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/members/{member['id']}"
    assert member["email"] == "li@acme.cn"
    assert member["roles"] == ["sales_rep", "sales_manager"]
    assert (member["active"], member["manager_id"]) == (True, None)
    assert (await admin.get(f"/v1/members/{member['id']}")).json() == member


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"email": "nobody"}, "/email"),
        ({"team": "CN/East"}, "/team"),
        ({"roles": ["system"]}, "/roles/0"),
        ({"roles": "admin"}, "/roles"),
        ({"roles": ["admin"] * 10}, "/roles"),
        ({"manager": str(ids.new())}, "/manager"),
        ({"manager_id": str(ids.new())}, "/manager_id"),
        ({"active": False}, "/active"),
    ],
)
async def test_a_member_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    admin = await login("identity", "admin")
    answer = await admin.post("/v1/members", json={"name": "Li Wei", **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "twice", [{"email": "li@acme.cn"}, {"external_system": "hr", "external_id": "17"}]
)
async def test_what_names_a_member_names_one(login: Login, twice: dict[str, Any]) -> None:
    admin = await login("identity", "admin")
    await new_member(admin, **twice)
    answer = await admin.post("/v1/members", json={"name": "Li Na", **twice})
    assert (answer.status_code, answer.json()["code"]) == (409, "member.exists")


async def test_a_change_names_the_version_it_changes(login: Login) -> None:
    admin = await login("identity", "admin")
    path = f"/v1/members/{(await new_member(admin, email='li@acme.cn'))['id']}"
    assert (await admin.patch(path, json={"region": "Beijing"})).status_code == 428
    match = {"if-match": '"1"'}
    changed = await admin.patch(path, json={"region": "Beijing", "email": None}, headers=match)
    assert (changed.status_code, changed.json()["region"]) == (200, "Beijing")
    assert changed.json()["email"] is None
    stale = await admin.patch(path, json={"region": "Xi'an"}, headers=match)
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


async def test_a_circle_of_managers_is_a_conflict(login: Login) -> None:
    admin = await login("identity", "admin")
    chief = await new_member(admin)
    seller = await new_member(admin, manager_id=chief["id"])
    answer = await admin.patch(
        f"/v1/members/{chief['id']}",
        json={"manager_id": seller["id"]},
        headers={"if-match": '"1"'},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "member.cycle")


async def test_a_member_leaves_and_comes_back_once(login: Login) -> None:
    admin = await login("identity", "admin")
    path = f"/v1/members/{(await new_member(admin))['id']}"
    assert (await admin.post(f"{path}/deactivate")).json()["active"] is False
    left = await admin.post(f"{path}/deactivate")
    assert (left.status_code, left.json()["code"]) == (409, "member.inactive")
    assert (await admin.post(f"{path}/reactivate")).json()["active"] is True
    back = await admin.post(f"{path}/reactivate")
    assert (back.status_code, back.json()["code"]) == (409, "member.active")


async def test_a_member_created_twice_under_one_key_is_one(login: Login) -> None:
    admin = await login("identity", "admin")
    key = {"idempotency-key": "one"}
    body = {"name": "Li Wei", "email": "li@acme.cn"}
    first = await admin.post("/v1/members", json=body, headers=key)
    twin = await admin.post("/v1/members", json=body, headers=key)
    assert (twin.json(), twin.headers["idempotency-replayed"]) == (first.json(), "true")
    other = await admin.post("/v1/members", json={"name": "Li Na"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


@pytest.mark.parametrize("role", ["sales_rep", "sales_director", "marketing", "delivery"])
async def test_everybody_sees_who_works_here_and_changes_nobody(login: Login, role: str) -> None:
    admin, reader = await login("identity", "admin"), await login("identity", role)
    member = await new_member(admin, email="li@acme.cn")
    path = f"/v1/members/{member['id']}"
    assert (await reader.get(path)).json() == member
    assert (await reader.get("/v1/members")).json()["items"] == [member]
    assert (await reader.post("/v1/members", json={"name": "x"})).status_code == 403
    assert (await reader.post(f"{path}/deactivate")).status_code == 403
    patched = await reader.patch(path, json={"name": "x"}, headers={"if-match": '"1"'})
    assert patched.status_code == 403


async def test_a_partner_learns_names_but_no_addresses(login: Login) -> None:
    admin, partner = await login("identity", "admin"), await login("identity", "partner")
    member = await new_member(admin, email="li@acme.cn")
    path = f"/v1/members/{member['id']}"
    assert (await partner.get(path)).json() == member | {"email": None}
    assert (await partner.get("/v1/members")).json()["items"] == [member | {"email": None}]
    (entry,) = (await partner.get(f"{path}/history")).json()["items"]
    assert entry["state"]["email"] is None
    guessed = await partner.get("/v1/members", params={"email": "li@acme.cn"})
    assert guessed.status_code in {400, 403, 422}


async def test_members_are_listed_by_name_and_filtered(login: Login) -> None:
    admin = await login("identity", "admin")
    chief = await new_member(admin, name="Chen Jie", team="cn")
    await new_member(admin, name="Li Wei", team="cn/east", manager_id=chief["id"])
    gone = await new_member(admin, name="An Na", team="cn/east", region="Zhejiang")
    await admin.post(f"/v1/members/{gone['id']}/deactivate")

    async def names(**query: Any) -> list[str]:
        page = (await admin.get("/v1/members", params=query)).json()
        return [member["name"] for member in page["items"]]

    assert await names() == ["An Na", "Chen Jie", "Li Wei"]
    assert await names(active="true", sort="-name") == ["Li Wei", "Chen Jie"]
    assert await names(team="cn/east") == ["An Na", "Li Wei"]
    assert await names(manager_id=chief["id"]) == ["Li Wei"]
    assert await names(region="Zhejiang") == ["An Na"]
    assert await names(q="wei") == ["Li Wei"]


async def test_another_tenants_member_is_not_there(login: Login) -> None:
    admin = await login("identity", "admin")
    stranger = await login("identity", "admin", tenant=ids.new())
    path = f"/v1/members/{(await new_member(admin))['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{path}/history")).status_code == 404
    assert (await stranger.post(f"{path}/deactivate")).status_code == 404
    assert (await stranger.get("/v1/members")).json()["items"] == []


async def test_a_batch_takes_many_members_in(login: Login) -> None:
    admin = await login("identity", "admin")
    li = {
        "name": "Li Wei",
        "external_system": "hr",
        "external_id": "17",
        "roles": ["admin", "sales_rep"],
    }
    rows: list[dict[str, Any]] = [
        {"data": li},
        {"data": {"name": "Li Na", "roles": ["finance"]}, "then": [{"action": "deactivate"}]},
        {"data": {"name": "Li Bo"}},
        {"data": {"name": "Li Yu", "roles": ["system"]}},
    ]
    answer = (await admin.post("/v1/members/batch", json={"rows": rows})).json()["rows"]
    assert [row["status"] for row in answer] == [201, 201, 201, 422]
    found = (await admin.get("/v1/members")).json()["items"]
    assert {m["name"]: (m["roles"], m["active"]) for m in found} == {
        "Li Wei": (["sales_rep", "admin"], True),
        "Li Na": (["finance"], False),
        "Li Bo": ([], True),
    }
    rows = [{"data": li | {"roles": ["sales_rep"]}}]
    (row,) = (await admin.post("/v1/members/batch", json={"rows": rows})).json()["rows"]
    assert (row["outcome"], row["id"]) == ("updated", answer[0]["id"])


async def test_roles_have_labels(login: Login) -> None:
    seller = await login("identity", "sales_rep")
    labels = (await seller.get("/v1/members/enums")).json()["roles"]
    assert {"code": "sales_rep", "zh": "销售顾问", "en": "Sales representative"} in labels
    assert len(labels) == 9


async def test_history_tells_what_changed(login: Login) -> None:
    admin = await login("identity", "admin")
    path = f"/v1/members/{(await new_member(admin))['id']}"
    await admin.patch(path, json={"roles": ["finance"]}, headers={"if-match": '"1"'})
    newest, oldest = (await admin.get(f"{path}/history")).json()["items"]
    assert (newest["type"], newest["changed"]) == (
        "member.updated.v1",
        {"roles": [[], ["finance"]]},
    )
    assert oldest["state"]["active"] is True
