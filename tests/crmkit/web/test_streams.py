"""Who may hold a stream, and for how long."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import Request

from crmkit.kernel import ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Invalid, TooMany, Unauthorized
from crmkit.local.issuing import DevIssuer
from crmkit.settings import Settings
from crmkit.web.gate import demand_still
from crmkit.web.streams import Places, last_seen
from crmkit.web.tokens import Verifier

ANYONE = Actor(UUID(int=7), UUID(int=8), frozenset({"auditor"}), "cn")


@pytest.fixture
def scope(tmp_path: Path) -> dict[str, Any]:
    """A request of ANYONE's that was let in."""
    issuer = DevIssuer(tmp_path)
    token = issuer.token(ANYONE.tenant_id, ANYONE.member_id, ANYONE.roles, ANYONE.team)
    verifier = Verifier(Settings(jwks_file=str(issuer.jwks_file)))
    return {
        "type": "http",
        "headers": [],
        "authenticator": verifier,
        "tokens": [f"Bearer {token}".encode()],
        "actor": ANYONE,
    }


def request(scope: dict[str, Any], last: str) -> Request:
    return Request(scope | {"headers": [(b"last-event-id", last.encode())]})


def test_places_are_each_callers_own_and_come_back() -> None:
    places = Places(2, "some.code")
    other = replace(ANYONE, member_id=ids.new())
    elsewhere = replace(ANYONE, tenant_id=ids.new())
    with places.one_more(ANYONE), places.one_more(ANYONE):
        with pytest.raises(TooMany) as refused, places.one_more(ANYONE):
            pass
        with places.one_more(other), places.one_more(elsewhere):
            pass
    assert refused.value.code == "some.code"
    with places.one_more(ANYONE), pytest.raises(ZeroDivisionError), places.one_more(ANYONE):
        raise ZeroDivisionError
    with places.one_more(ANYONE), places.one_more(ANYONE):
        pass
    assert not places._open


async def test_who_has_the_same_rights_is_let_in_still(scope: dict[str, Any]) -> None:
    await demand_still(scope)


@pytest.mark.parametrize(
    "changed",
    [
        {"tokens": []},
        {"tokens": [b"Bearer x"]},
        {"tokens": [b"Basic x"]},
        {"actor": replace(ANYONE, roles=frozenset({"admin"}))},
        {"actor": replace(ANYONE, team="cn/east")},
        {"actor": replace(ANYONE, scopes=frozenset({"history:write"}))},
    ],
)
async def test_who_has_other_rights_by_now_is_not(
    changed: dict[str, Any], scope: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorized):
        await demand_still(scope | changed)


@pytest.mark.parametrize(("given", "place"), [("", None), ("0", 0), (str(2**63 - 1), 2**63 - 1)])
def test_a_reader_goes_on_after_the_last_id(
    given: str, place: int | None, scope: dict[str, Any]
) -> None:
    assert last_seen(request(scope, given)) == place
    assert last_seen(Request(scope)) is None


@pytest.mark.parametrize(
    "given", ["x", "-1", "1.5", str(2**63), "9" * 40, "0" * 20 + "9" * 20, " 1"]
)
def test_what_is_no_id_is_refused(given: str, scope: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        last_seen(request(scope, given))
    assert refused.value.code == "cursor.invalid"
