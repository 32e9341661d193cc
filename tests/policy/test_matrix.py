"""Every role, every aggregate, every way in: the answers are what the policy tables say."""

from collections.abc import Iterable
from uuid import UUID

import pytest

from crmkit.events.envelope import REGISTRY
from crmkit.kernel import ids
from crmkit.service import Service, services
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.policy.exhibits import ELSEWHERE, EXHIBITS, PUBLIC_ROOTS, ROOTS
from tests.policy.model import CASTS
from tests.policy.seeds import TEAM, seed
from tests.policy.visitor import Visitor

_SERVICES = services()


@pytest.mark.parametrize("aggregate", EXHIBITS)
async def test_every_answer_is_what_the_policy_table_says(
    house: House, login: Login, tenant: UUID, aggregate: str
) -> None:
    exhibit, me = EXHIBITS[aggregate], ids.new()
    database = await house.system(exhibit.service)
    async with database.system() as connection:
        ours = await seed(connection, exhibit, tenant, me)
        theirs = await seed(connection, exhibit, ids.new(), me, most=2)
    visitors = []
    for roles in CASTS:
        caller = await login(exhibit.service, *roles, member=me, team=TEAM)
        visitors.append(Visitor(aggregate, caller, roles))
        await visitors[-1].look(ours, theirs)
    for visitor in visitors:
        await visitor.create()
    wrong = [line for visitor in visitors for line in visitor.wrong]
    assert not wrong, "\n".join(wrong)


def _policy_rows() -> Iterable[tuple[Service, str]]:
    return ((service, aggregate) for service in _SERVICES for aggregate in service.policy.table)


def test_every_row_of_every_policy_table_is_tried() -> None:
    assert {name for _, name in _policy_rows()} == EXHIBITS.keys() | ELSEWHERE


def test_every_role_of_every_policy_table_is_tried() -> None:
    named = {role for s in _SERVICES for roles in s.policy.table.values() for role in roles}
    assert named - {"system"} == {role for roles in CASTS for role in roles} - {"stranger"}


def test_every_mask_of_every_policy_table_is_tried() -> None:
    tried = {(name, field) for name, exhibit in EXHIBITS.items() for field in exhibit.masked}
    named = {
        (aggregate, field)
        for service, aggregate in _policy_rows()
        for grant in service.policy.table[aggregate].values()
        for field in grant.masks
    }
    assert {pair for pair in named if pair[0] not in ELSEWHERE} == tried


def test_every_path_stands_behind_a_row_of_its_service_policy() -> None:
    for service in _SERVICES:
        unknown = service.paths - ROOTS.keys() - PUBLIC_ROOTS
        assert unknown == set(), f"say in ROOTS whose policy row stands behind {unknown}"
        for root in service.paths - PUBLIC_ROOTS:
            assert ROOTS[root] in service.policy.table, f"/v1/{root} has no policy row"


def test_every_aggregate_with_events_has_a_policy_row() -> None:
    told = {event.aggregate for event in REGISTRY.values()}
    for service in _SERVICES:
        assert told & service.metadata.tables.keys() <= service.policy.table.keys()


def test_no_role_acts_further_than_it_reads() -> None:
    """A record that somebody may change but not see would answer 404 to a rightful change."""
    for service, aggregate in _policy_rows():
        for role, grant in service.policy.table[aggregate].items():
            widest = max([grant.write, *grant.actions.values()])
            assert widest <= grant.read, f"{aggregate}: {role}"
