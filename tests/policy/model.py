"""What the policy tables say, read a second time: the tests' own reckoning, on purpose not the
kit's."""

from collections.abc import Collection

from crmkit.events.envelope import REGISTRY
from crmkit.kernel.access import Grant, Policy, Scope
from tests.policy.seeds import Stance

ROLES = (
    "sales_rep",
    "sales_manager",
    "sales_director",
    "marketing",
    "finance",
    "delivery",
    "partner",
    "auditor",
    "admin",
)
CASTS: tuple[tuple[str, ...], ...] = (
    *((role,) for role in ROLES),
    ("sales_rep", "finance"),
    ("partner", "marketing"),
    ("sales_rep", "sales_manager"),
    ("stranger",),
    (),
)
"""Who calls: each role alone, some together, a role nobody knows, and none."""


def grants(policy: Policy, aggregate: str, roles: Collection[str]) -> list[Grant]:
    return [grant for role, grant in policy.table[aggregate].items() if role in roles]


def reach(policy: Policy, aggregate: str, roles: Collection[str], action: str) -> Scope:
    """The widest scope of any role: by the action's own entry, else by `read` or `write`."""
    widest = Scope.NONE
    for grant in grants(policy, aggregate, roles):
        usual = grant.read if action == "read" else grant.write
        scope = grant.actions.get(action, usual)
        widest = scope if scope.value > widest.value else widest
    return widest


def sees(policy: Policy, aggregate: str, roles: Collection[str], stance: Stance) -> bool:
    return reach(policy, aggregate, roles, "read").value >= stance.least.value


def may(
    policy: Policy, aggregate: str, roles: Collection[str], action: str, stance: Stance
) -> bool:
    return reach(policy, aggregate, roles, action).value >= stance.least.value


def hidden_fields(policy: Policy, aggregate: str, roles: Collection[str]) -> set[str]:
    """What every role that reads hides: one role that shows it is enough to see it."""
    readers = [g for g in grants(policy, aggregate, roles) if g.read.value > Scope.NONE.value]
    hidden = [set(grant.masks) for grant in readers]
    return set.intersection(*hidden) if hidden else set()


def untold(aggregate: str) -> set[str]:
    """What no event tells anybody, whatever their roles: a record alone shows it."""
    states = [kind.state_type for kind in REGISTRY.values() if kind.aggregate == aggregate]
    return set(states[0].private) if states else set()
