"""What leads tells of leads beside their plain life: two were one, or nobody answered."""

from crmkit.events.envelope import Event
from crmkit.events.leads import LeadState


class LeadMerged(Event[LeadState], type="lead.merged.v1"):
    """线索合并 a lead took others in: `merged_from` are their ids, `changed` what it took."""


class LeadAbsorbed(Event[LeadState], type="lead.absorbed.v1"):
    """A lead went into another one, `merged_into`, with the activities the state names."""


class LeadUnmerged(Event[LeadState], type="lead.unmerged.v1"):
    """A merge was undone: the lead is what it was before, but for what was changed since."""


class LeadReleased(Event[LeadState], type="lead.released.v1"):
    """A lead that had gone into another one stands for itself again."""


class LeadResponseOverdue(Event[LeadState], type="lead.response_overdue.v1"):
    """首次响应超时 nobody answered a lead by `first_response_due_at`."""
