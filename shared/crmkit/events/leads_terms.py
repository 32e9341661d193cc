"""What leads tells of how long things about leads may take."""

from crmkit.events.envelope import Event, State


class LeadTermsState(State):
    """响应与保护时限 business minutes to the first answer, and days for which a visitor is
    protected; once for a tenant."""

    response_minutes: int
    protected_days: int
    note: str


class LeadTermsCreated(Event[LeadTermsState], type="lead_terms.created.v1"):
    """A tenant decided for the first time how long things may take."""


class LeadTermsUpdated(Event[LeadTermsState], type="lead_terms.updated.v1"):
    """A tenant decided otherwise."""
