"""Every change of a member."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.identity import (
    MemberCreated,
    MemberDeactivated,
    MemberReactivated,
    MemberUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid
from services.identity.member.domain import demand_active, demand_inactive, demand_no_cycle
from services.identity.member.models import Member
from services.identity.member.schemas import MemberCreate, MemberUpdate


async def create_member(tx: Tx, new: MemberCreate) -> Member:
    """Take a person in, under the id the identity provider knows them by, where it is given."""
    member_id = new.id or ids.new()
    if new.manager_id is not None:
        await _expect_superiors(tx, member_id, new.manager_id)
    return tx.create(Member, MemberCreated, **given(new, id=member_id))


async def update_member(tx: Tx, member_id: UUID, patch: MemberUpdate) -> Member:
    """Change a person's facts; what they own keeps the team it was frozen with."""
    member = await tx.take(Member, member_id)
    if patch.manager_id is not None:
        await _expect_superiors(tx, member.id, patch.manager_id)
    return tx.update(member, MemberUpdated, **given(patch))


async def deactivate_member(tx: Tx, member_id: UUID) -> Member:
    """Note that a person has left; what they owned keeps their name."""
    member = await tx.take(Member, member_id)
    demand_active(member.active)
    return tx.update(member, MemberDeactivated, active=False)


async def reactivate_member(tx: Tx, member_id: UUID) -> Member:
    """Note that a person came back."""
    member = await tx.take(Member, member_id)
    demand_inactive(member.active)
    return tx.update(member, MemberReactivated, active=True)


async def _expect_superiors(tx: Tx, member_id: UUID, manager_id: UUID) -> None:
    """Invalid `member.unknown_manager`, or Conflict where the manager reports to the member.

    Everybody above is guarded: two changes at once could close a circle that neither sees.
    """
    superiors = await tx.above(Member, manager_id, "manager_id")
    if not superiors and manager_id != member_id:
        raise Invalid.field("manager_id", "member.unknown_manager", "nobody of that id works here")
    demand_no_cycle(member_id, [manager_id, *(superior.id for superior in superiors)])
    for superior in superiors:
        tx.expect(superior)
