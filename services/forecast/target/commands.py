"""Every change of a target."""

from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.forecast import TargetChanged, TargetSet
from crmkit.fields import given
from services.forecast.target.domain import last_day, sales_period
from services.forecast.target.models import Target
from services.forecast.target.schemas import SetTarget


async def set_target(tx: Tx, label: str, owner_id: UUID, new: SetTarget) -> Target:
    """Set what the owner is to win in a period that has no target yet."""
    period = sales_period(label)
    who = await owner(tx, owner_id)
    return tx.create(
        Target,
        TargetSet,
        **given(new),
        period=period.label,
        starts_on=period.start,
        ends_on=last_day(period),
        owner_id=who.owner_id,
        team=who.team,
    )


async def change_target(tx: Tx, target_id: UUID, new: SetTarget) -> Target:
    """Raise or lower a target."""
    return tx.update(await tx.take(Target, target_id), TargetChanged, **given(new))
