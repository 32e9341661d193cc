"""What leads tells of where leads may come from."""

from crmkit.events.envelope import Event, State


class LeadSourceState(State):
    """客户来源 an entry of a tenant's catalogue; `code` is what leads carry as their source."""

    code: str
    label_zh: str
    label_en: str
    source_group: str
    method: str | None
    active: bool
    external_kind: str | None = None


class SourceRuleState(State):
    """Whether a lead's source has to be in the catalogue; once for a tenant."""

    enforced: bool
    note: str


class LeadSourceCreated(Event[LeadSourceState], type="lead_source.created.v1"):
    """A source was put into the catalogue."""


class LeadSourceUpdated(Event[LeadSourceState], type="lead_source.updated.v1"):
    """A source's labels or group changed, or it is offered no more, or again."""


class SourceRuleCreated(Event[SourceRuleState], type="source_rule.created.v1"):
    """A tenant decided for the first time what holds for sources."""


class SourceRuleUpdated(Event[SourceRuleState], type="source_rule.updated.v1"):
    """A tenant decided otherwise."""
