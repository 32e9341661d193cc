"""What the room does with the events of others."""

from crmkit.db.writing import Tx
from crmkit.events.identity import TenantCreated
from crmkit.messaging.handlers import consumes
from services.opportunities.pipeline import commands
from services.opportunities.pipeline.domain import standard_id
from services.opportunities.pipeline.models import Pipeline


@consumes(TenantCreated)
async def create_standard_pipeline(tx: Tx, event: TenantCreated) -> Pipeline | None:
    """A new tenant begins with the standard pipeline."""
    if await tx.find(Pipeline, id=standard_id(event.tenant_id)) is not None:
        return None
    return await commands.create_standard_pipeline(tx)
