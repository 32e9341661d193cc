from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.identity.samples import SHANGHAI


async def test_a_tenant_is_set_up_and_read_by_everybody(login: Login) -> None:
    admin, seller = await login("identity", "admin"), await login("identity", "sales_rep")
    missing = await seller.get("/v1/tenant")
    assert (missing.status_code, missing.json()["code"]) == (404, "tenant.not_found")
    made = await admin.put("/v1/tenant", json=SHANGHAI)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    shown = await seller.get("/v1/tenant")
    assert (shown.status_code, shown.json()) == (200, made.json())
    assert {name: shown.json()[name] for name in SHANGHAI} == SHANGHAI
    known = await seller.get("/v1/tenant", headers={"if-none-match": '"1"'})
    assert known.status_code == 304


async def test_a_tenant_whose_answer_was_lost_is_asked_for_again_under_its_key(
    login: Login,
) -> None:
    admin, key = await login("identity", "admin"), {"idempotency-key": "tenant-1"}
    first = await admin.put("/v1/tenant", json=SHANGHAI, headers=key)
    again = await admin.put("/v1/tenant", json=SHANGHAI, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_tenant_that_is_there_is_replaced_by_version(login: Login) -> None:
    admin = await login("identity", "admin")
    await admin.put("/v1/tenant", json=SHANGHAI)
    body = SHANGHAI | {"name": "Acme Asia"}
    bare = await admin.put("/v1/tenant", json=body)
    assert (bare.status_code, bare.json()["code"]) == (428, "version.required")
    stale = await admin.put("/v1/tenant", json=body, headers={"if-match": '"2"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 1)
    done = await admin.put("/v1/tenant", json=body, headers={"if-match": '"1"'})
    assert (done.status_code, done.json()["name"], done.json()["version"]) == (200, "Acme Asia", 2)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"time_zone": "Shanghai"}, "/time_zone"),
        ({"base_currency": "KWD"}, "/base_currency"),
        ({"base_currency": "cny"}, "/base_currency"),
        ({"fiscal_year_start": 0}, "/fiscal_year_start"),
        ({"fiscal_year_start": 13}, "/fiscal_year_start"),
        ({"fiscal_year_start": "4"}, "/fiscal_year_start"),
        ({"name": ""}, "/name"),
        ({"zone": "UTC"}, "/zone"),
    ],
)
async def test_a_tenant_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    admin = await login("identity", "admin")
    answer = await admin.put("/v1/tenant", json=SHANGHAI | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_only_an_admin_puts_a_tenant(login: Login) -> None:
    director = await login("identity", "sales_director")
    assert (await director.put("/v1/tenant", json=SHANGHAI)).status_code == 403


async def test_everybody_has_their_own_tenant(login: Login) -> None:
    admin = await login("identity", "admin")
    stranger = await login("identity", "admin", tenant=ids.new())
    await admin.put("/v1/tenant", json=SHANGHAI)
    assert (await stranger.get("/v1/tenant")).status_code == 404
    theirs = await stranger.put("/v1/tenant", json=SHANGHAI | {"name": "Beta"})
    assert theirs.status_code == 201
    assert (await admin.get("/v1/tenant")).json()["name"] == SHANGHAI["name"]
