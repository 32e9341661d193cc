"""What leads tells of saved views of its lists."""

from crmkit.events.components import ViewOfPeopleState
from crmkit.events.envelope import Event


class LeadsViewCreated(Event[ViewOfPeopleState], type="leads_view.created.v1"):
    """Somebody saved a view of a list, for themselves or to be shared."""


class LeadsViewUpdated(Event[ViewOfPeopleState], type="leads_view.updated.v1"):
    """A view was named, filled or shared in another way."""


class LeadsViewDeleted(Event[ViewOfPeopleState], type="leads_view.deleted.v1"):
    """A view was taken away, for all it was shared with."""
