"""What opportunities tells of saved views of its lists."""

from crmkit.events.components import ViewState
from crmkit.events.envelope import Event


class OpportunitiesViewCreated(Event[ViewState], type="opportunities_view.created.v1"):
    """Somebody saved a view of a list, for themselves or to be shared."""


class OpportunitiesViewUpdated(Event[ViewState], type="opportunities_view.updated.v1"):
    """A view was named, filled or shared in another way."""


class OpportunitiesViewDeleted(Event[ViewState], type="opportunities_view.deleted.v1"):
    """A view was taken away, for all it was shared with."""
