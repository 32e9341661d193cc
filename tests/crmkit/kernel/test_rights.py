import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel.access import is_within
from crmkit.kernel.rights import Maker, rights_left

NAMES = ("sales_rep", "sales_manager", "finance", "admin")
ROLES = st.lists(st.sampled_from(NAMES), unique=True)
TEAMS = st.sampled_from(["", "cn", "cn/east", "cn/east/shanghai-1", "cn/east-2", "de"])
MAKERS = st.builds(Maker, active=st.booleans(), roles=st.none() | ROLES, team=TEAMS)


@given(ROLES, TEAMS, MAKERS)
def test_a_key_is_never_left_more_than_it_was_given_nor_than_its_maker_has(
    roles: list[str], team: str, maker: Maker
) -> None:
    left = rights_left(roles, team, maker)
    assert set(left.roles) <= set(roles)
    assert left.team in {team, ""}
    if not maker.active:
        assert left.roles == []
    elif maker.roles is not None and "admin" not in maker.roles:
        assert set(left.roles) <= set(maker.roles)
        assert left.team == "" or is_within(left.team, maker.team)


@given(ROLES, TEAMS)
def test_a_maker_nobody_knows_of_takes_nothing_away(roles: list[str], team: str) -> None:
    assert rights_left(roles, team, None) == (roles, team)
    assert rights_left(roles, team, Maker(True, None, "")) == (roles, team)


@pytest.mark.parametrize(
    ("maker", "roles", "team"),
    [
        (Maker(True, ["admin"], ""), ["finance", "sales_rep"], "cn/east"),
        (Maker(True, ["sales_rep"], "cn"), ["sales_rep"], "cn/east"),
        (Maker(True, ["sales_rep"], "cn/west"), ["sales_rep"], ""),
        (Maker(True, ["delivery"], "cn"), [], "cn/east"),
        (Maker(True, [], ""), [], ""),
        (Maker(False, ["admin"], ""), [], ""),
        (Maker(False, None, ""), [], ""),
    ],
)
def test_what_is_left_is_the_least_of_both(maker: Maker, roles: list[str], team: str) -> None:
    assert rights_left(["finance", "sales_rep"], "cn/east", maker) == (roles, team)
