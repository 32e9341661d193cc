"""Every change of the catalogue of sources."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.leads_sources import (
    LeadSourceCreated,
    LeadSourceUpdated,
    SourceRuleCreated,
    SourceRuleUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import Conflict
from services.leads.source.domain import demand_external, demand_method, demand_offered
from services.leads.source.models import LeadSource, SourceRule
from services.leads.source.queries import find_rule, is_enforced
from services.leads.source.schemas import LeadSourceCreate, LeadSourceUpdate, SourceRulePut


async def create_source(tx: Tx, new: LeadSourceCreate) -> LeadSource:
    """Put a source into the catalogue; its code is there once."""
    demand_method(new.source_group, new.method)
    demand_external(new.source_group, new.external_kind)
    return tx.create(LeadSource, LeadSourceCreated, **given(new))


async def update_source(tx: Tx, source_id: UUID, patch: LeadSourceUpdate) -> LeadSource:
    """Change what a source is called, where it belongs, or whether it is offered."""
    source = await tx.take(LeadSource, source_id)
    values = given(patch)
    after = vars(source) | values
    demand_method(after["source_group"], after["method"])
    demand_external(after["source_group"], after["external_kind"])
    return tx.update(source, LeadSourceUpdated, **values)


async def put_source_rule(tx: Tx, new: SourceRulePut) -> SourceRule:
    """Say whether leads are only taken from sources of the catalogue; Conflict `version.required`
    where that was said before and no version is named."""
    if await find_rule(tx) is None:
        return tx.create(SourceRule, SourceRuleCreated, id=tx.tenant_id, **given(new))
    if tx.expected is None:
        raise Conflict("say which version you replace", code="version.required")
    return tx.update(await tx.take(SourceRule, tx.tenant_id), SourceRuleUpdated, **given(new))


async def expect_source(tx: Tx, code: str) -> None:
    """Invalid `lead_source.unknown` where the tenant enforces a catalogue without it."""
    if not await is_enforced(tx):
        return
    source = await tx.find(LeadSource, code=code)
    demand_offered(source.active if source else None)
