from collections.abc import Callable

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict
from services.identity.member.domain import (
    Role,
    demand_active,
    demand_inactive,
    demand_no_cycle,
    ordered_roles,
)
from services.identity.policy import POLICY

CHIEF, MANAGER, SELLER = ids.new(), ids.new(), ids.new()


def test_roles_are_kept_once_and_in_one_order() -> None:
    given = [Role.ADMIN, Role.SALES_REP, Role.ADMIN]
    assert ordered_roles(given) == ["sales_rep", "admin"]
    assert ordered_roles([]) == []


def test_nobody_can_be_made_the_system() -> None:
    assert "system" not in {role.value for role in Role}


def test_every_role_a_policy_grants_something_can_be_given() -> None:
    granted = {role for roles in POLICY.table.values() for role in roles} - {"system"}
    assert granted == {role.value for role in Role}


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_label_in_both_languages(role: Role) -> None:
    assert role.zh
    assert role.en
    assert role.zh != role.en


def test_a_person_may_report_to_others() -> None:
    demand_no_cycle(SELLER, [MANAGER, CHIEF])
    demand_no_cycle(CHIEF, [])


@pytest.mark.parametrize("above", [[SELLER], [MANAGER, SELLER], [MANAGER, CHIEF, SELLER]])
def test_nobody_reports_to_themselves(above: list[object]) -> None:
    with pytest.raises(Conflict) as refused:
        demand_no_cycle(SELLER, above)  # type: ignore[arg-type]  # plain ids do
    assert refused.value.code == "member.cycle"


@pytest.mark.parametrize(
    ("rule", "active", "code"),
    [(demand_active, False, "member.inactive"), (demand_inactive, True, "member.active")],
)
def test_who_left_cannot_leave_and_who_is_here_cannot_come_back(
    rule: Callable[[bool], None], active: bool, code: str
) -> None:
    rule(not active)
    with pytest.raises(Conflict) as refused:
        rule(active)
    assert refused.value.code == code
