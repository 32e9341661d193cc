"""A field that a role does not see, it does not change either: it could guess it by trying."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.db.rows import plan, row
from crmkit.db.writing import Tx
from crmkit.events.envelope import REGISTRY
from crmkit.kernel import clock, ids
from crmkit.kernel.access import EVERYTHING, Grant, Policy, Scope
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Forbidden
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.policy.exhibit import YUAN
from tests.policy.exhibits import EXHIBITS
from tests.policy.model import CASTS, hidden_fields, may, sees, untold
from tests.policy.seeds import TEAM, Stance, sample, seed
from tests.policy.visitor import policy_of

VALUES: dict[tuple[str, str], tuple[Any, str]] = {
    ("account", "annual_revenue"): (YUAN, 'annualRevenue: {amount: "1.00", currency: "CNY"}'),
    ("member", "email"): ("new@example.com", 'email: "new@example.com"'),
}
"""What each masked field that a PATCH takes is to become, in REST and in GraphQL."""

MASKED = [
    (name, field)
    for name, exhibit in EXHIBITS.items()
    for field in exhibit.masked
    if field not in untold(name)
]


def _expected(
    aggregate: str, roles: tuple[str, ...], field: str, stance: Stance
) -> tuple[int, str]:
    policy = policy_of(EXHIBITS[aggregate].service)
    if not sees(policy, aggregate, roles, stance):
        return 404, f"{aggregate}.not_found"
    if not may(policy, aggregate, roles, "write", stance):
        return 403, "forbidden"
    if field in hidden_fields(policy, aggregate, roles):
        return 403, "field.masked"
    return 200, ""


@pytest.mark.parametrize(("aggregate", "field"), MASKED)
async def test_who_does_not_see_a_field_does_not_change_it(
    house: House, login: Login, aggregate: str, field: str
) -> None:
    """Whatever it is changed to: what it is already is no new version, and so would tell."""
    exhibit, found = EXHIBITS[aggregate], set()
    value, written = VALUES[aggregate, field]
    for roles in CASTS:
        tenant, me = ids.new(), ids.new()
        async with (await house.system(exhibit.service)).system() as connection:
            ((stance, record),) = await seed(connection, exhibit, tenant, me, most=1)
        caller = await login(exhibit.service, *roles, tenant=tenant, member=me, team=TEAM)
        status, code = _expected(aggregate, roles, field, stance)
        mutation = f"""mutation {{ change: update{exhibit.cls.__name__}(
          id: "{record["id"]}", expectedVersion: 1, input: {{{written}}}) {{
          ... on {exhibit.cls.__name__} {{ version }} ... on Problem {{ code }} }} }}"""
        changed = (await caller.graphql(exhibit.service, mutation))["data"]["change"]
        assert changed == ({"code": code} if code else {"version": 2}), roles
        for sent in (value, YUAN if value is YUAN else record[field], None):
            path = f"{exhibit.path}/{record['id']}"
            version = (await caller.get(path)).json().get("version", 1)
            headers = {"if-match": f'"{version}"'}
            answer = await caller.patch(path, json={field: sent}, headers=headers)
            assert (answer.status_code, answer.json().get("code", "")) == (status, code), roles
            assert version == 1 or not code
        found.add(code)
    assert "" in found


async def test_who_may_not_change_a_field_may_still_give_it_to_a_new_record(login: Login) -> None:
    seller, director = await login("leads", "sales_rep"), await login("leads", "sales_director")
    made = await seller.post("/v1/accounts", json={"name": "Acme", "annual_revenue": YUAN})
    assert (made.status_code, made.json()["annual_revenue"]) == (201, None)
    path = f"/v1/accounts/{made.json()['id']}"
    assert (await director.get(path)).json()["annual_revenue"] == YUAN
    renamed = await seller.patch(path, json={"name": "Acme 2"}, headers={"if-match": '"1"'})
    assert renamed.status_code == 200
    known = {"name": "Acme 3", "external_system": "erp", "external_id": "1"}
    rows = {"rows": [{"data": known | {"annual_revenue": YUAN}}]}
    outcomes = [
        (await seller.post("/v1/accounts/batch", json=rows)).json()["rows"][0] for _ in "12"
    ]
    assert [one["status"] for one in outcomes] == [201, 403]
    assert outcomes[1]["problem"]["code"] == "field.masked"


@pytest.mark.parametrize("aggregate", EXHIBITS)
def test_every_column_of_every_aggregate_would_be_guarded_by_a_mask(aggregate: str) -> None:
    """Through the one way in which records change, so in every room, for every kind of caller."""
    cls, tenant = EXHIBITS[aggregate].cls, ids.new()
    before = row(cls, sample(cls, tenant))
    event = next(iter(REGISTRY.values()))
    for column in plan(cls).columns:
        hiding = Grant(read=Scope.ALL, write=Scope.ALL, masks=frozenset({column}))
        policy = Policy({aggregate: {"half": hiding, "whole": EVERYTHING}})
        value = vars(before)[column]
        for roles in (("half", "whole"), ("whole",), ("admin",), ("system",)):
            assert _tx(policy, tenant, *roles).update(before, event, **{column: value}) is before
        with pytest.raises(Forbidden) as refused:
            _tx(policy, tenant, "half").update(before, event, **{column: value})
        assert (refused.value.code, refused.value.extra) == ("field.masked", {"fields": [column]})


def _tx(policy: Policy, tenant: UUID, *roles: str) -> Tx:
    """One that has no database to ask."""
    nowhere: Any = None
    actor, now = Actor(tenant, ids.new(), frozenset(roles)), clock.now()
    return Tx(nowhere, policy, actor, now, occurred_at=now)
