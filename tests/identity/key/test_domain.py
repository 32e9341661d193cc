from datetime import timedelta

import pytest

from crmkit.kernel import clock
from crmkit.kernel.errors import Conflict, Forbidden, Invalid
from services.identity.key.domain import (
    demand_future,
    demand_person,
    demand_unrevoked,
    demand_usable,
    demand_within,
)

NOW = clock.now()
TICK = timedelta(microseconds=1)


def test_keys_are_made_by_people() -> None:
    demand_person("member")
    with pytest.raises(Forbidden) as refused:
        demand_person("key")
    assert refused.value.code == "key.by_key"


@pytest.mark.parametrize(
    ("maker_roles", "maker_scopes", "roles", "scopes"),
    [
        ({"admin"}, set(), ["partner", "finance", "admin"], []),
        ({"admin"}, {"history:write"}, ["partner"], ["history:write"]),
        ({"partner", "finance"}, set(), ["partner"], []),
        ({"partner"}, {"a", "b"}, [], ["b"]),
    ],
)
def test_a_key_may_do_what_its_maker_may(
    maker_roles: set[str], maker_scopes: set[str], roles: list[str], scopes: list[str]
) -> None:
    demand_within(maker_roles, maker_scopes, roles, scopes)


@pytest.mark.parametrize(
    ("maker_roles", "maker_scopes", "roles", "scopes"),
    [
        ({"partner"}, set(), ["partner", "finance"], []),
        ({"auditor"}, set(), ["admin"], []),
        (set(), set(), ["partner"], []),
        ({"admin"}, set(), ["partner"], ["history:write"]),
        ({"admin"}, {"a"}, ["partner"], ["a", "b"]),
    ],
)
def test_a_key_never_has_more_rights_than_its_maker(
    maker_roles: set[str], maker_scopes: set[str], roles: list[str], scopes: list[str]
) -> None:
    with pytest.raises(Forbidden) as refused:
        demand_within(maker_roles, maker_scopes, roles, scopes)
    assert refused.value.code == "key.beyond"


def test_a_key_ends_in_the_future_or_never() -> None:
    demand_future(None, NOW)
    demand_future(NOW + TICK, NOW)
    for past in (NOW, NOW - TICK):
        with pytest.raises(Invalid) as refused:
            demand_future(past, NOW)
        assert refused.value.faults[0].pointer == "/expires_at"


@pytest.mark.parametrize(
    ("revoked_at", "expires_at", "code"),
    [
        (None, None, None),
        (None, NOW + TICK, None),
        (None, NOW, "key.expired"),
        (NOW, None, "key.revoked"),
        (NOW, NOW - TICK, "key.revoked"),
    ],
)
def test_only_a_key_that_holds_gets_a_new_secret(
    revoked_at: object, expires_at: object, code: str | None
) -> None:
    found = None
    try:
        demand_usable(revoked_at, expires_at, NOW)  # type: ignore[arg-type]  # parameters of a table
    except Conflict as error:
        found = error.code
    assert found == code


def test_a_key_is_revoked_once() -> None:
    demand_unrevoked(None)
    with pytest.raises(Conflict) as refused:
        demand_unrevoked(NOW)
    assert refused.value.code == "key.revoked"
