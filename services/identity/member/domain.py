"""Rules about the people of a tenant."""

from collections.abc import Collection
from uuid import UUID

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled


class Role(Labelled):
    """What a person is trusted with; every service's policy speaks of these."""

    SALES_REP = "sales_rep", "销售顾问", "Sales representative"
    SALES_MANAGER = "sales_manager", "销售经理", "Sales manager"
    SALES_DIRECTOR = "sales_director", "销售总监", "Sales director"
    MARKETING = "marketing", "市场", "Marketing"
    FINANCE = "finance", "财务", "Finance"
    DELIVERY = "delivery", "交付", "Delivery"
    PARTNER = "partner", "渠道伙伴", "Partner"
    AUDITOR = "auditor", "审计", "Auditor"
    ADMIN = "admin", "管理员", "Administrator"


def ordered_roles(roles: Collection[Role]) -> list[str]:
    """Each role once, in the order in which they are defined."""
    return [role.value for role in Role if role in roles]


def demand_no_cycle(member_id: UUID, superiors: Collection[UUID]) -> None:
    """Conflict `member.cycle` where a person would report to themselves."""
    if member_id in superiors:
        raise Conflict("nobody reports to themselves", code="member.cycle")


def demand_active(active: bool) -> None:
    """Conflict `member.inactive` where the person has left already."""
    if not active:
        raise Conflict("this person has left already", code="member.inactive")


def demand_inactive(active: bool) -> None:
    """Conflict `member.active` where the person works here."""
    if active:
        raise Conflict("this person works here", code="member.active")
