"""What opportunities tells: what we are trying to sell."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmkit.events.components import CustomFieldState, JobState
from crmkit.events.envelope import Event, State


class PipelineState(State):
    """销售流程 a sequence of stages a deal passes through."""

    name: str
    is_default: bool
    stages: list[dict[str, str | int]]


class ProductState(State):
    """产品 something on the price list."""

    name: str
    code: str
    series: str
    list_price: Decimal | None
    currency: str | None
    active: bool
    external_system: str | None = None
    external_id: str | None = None


class OpportunityState(State):
    """销售机会 a deal; owner, team, region and currency are those of the day it was opened,
    campaign and partner those that brought its lead."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "lost_reason", "external_id", "custom"})

    name: str
    account_id: UUID | None
    lead_id: UUID | None
    pipeline_id: UUID
    stage: str
    status: str
    probability: int
    amount: Decimal
    currency: str
    product_id: UUID | None
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    expected_close_on: date | None
    opened_at: datetime
    won_at: datetime | None
    lost_at: datetime | None
    lost_reason: str
    contract_id: UUID | None
    external_system: str | None
    external_id: str | None
    imported: bool
    deleted_at: datetime | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    erased_at: datetime | None = None


class PipelineCreated(Event[PipelineState], type="pipeline.created.v1"):
    """A pipeline was drawn up."""


class PipelineUpdated(Event[PipelineState], type="pipeline.updated.v1"):
    """A pipeline's stages or name changed."""


class ProductCreated(Event[ProductState], type="product.created.v1"):
    """A product was put on the price list."""


class ProductUpdated(Event[ProductState], type="product.updated.v1"):
    """A product's facts or list price changed."""


class OpportunityCreated(Event[OpportunityState], type="opportunity.created.v1"):
    """A deal was opened."""


class OpportunityUpdated(Event[OpportunityState], type="opportunity.updated.v1"):
    """A deal's facts changed."""


class OpportunityStageChanged(Event[OpportunityState], type="opportunity.stage_changed.v1"):
    """A deal entered another stage."""


class OpportunityWon(Event[OpportunityState], type="opportunity.won.v1"):
    """赢单 the customer said yes."""


class OpportunityLost(Event[OpportunityState], type="opportunity.lost.v1"):
    """丢单 the customer said no, with the reason."""


class OpportunityReopened(Event[OpportunityState], type="opportunity.reopened.v1"):
    """A closed deal is open again."""


class OpportunityDeleted(Event[OpportunityState], type="opportunity.deleted.v1"):
    """A deal was put away; it can be restored for 30 days."""


class OpportunityRestored(Event[OpportunityState], type="opportunity.restored.v1"):
    """A deleted deal came back."""


class OpportunityErased(Event[OpportunityState], type="opportunity.erased.v1"):
    """What a deal told of a person was emptied, here and in every event told of it before."""


class OpportunityFieldCreated(Event[CustomFieldState], type="opportunity_field.created.v1"):
    """A tenant added a field of its own to opportunities."""


class OpportunityFieldUpdated(Event[CustomFieldState], type="opportunity_field.updated.v1"):
    """A tenant's own field changed."""


class OpportunityFieldDeleted(Event[CustomFieldState], type="opportunity_field.deleted.v1"):
    """A tenant's own field was taken away; the values stay where they are."""


class OpportunityJobRequested(Event[JobState], type="opportunity_job.requested.v1"):
    """Somebody asked for an import or export of opportunities."""


class OpportunityJobProgressed(Event[JobState], type="opportunity_job.progressed.v1"):
    """An import or export of opportunities came a batch further."""


class OpportunityJobEnded(Event[JobState], type="opportunity_job.ended.v1"):
    """An import or export of opportunities is done, undone, cancelled or failed."""
