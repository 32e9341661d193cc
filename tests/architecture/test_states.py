"""Events tell the whole of what they are about, so that it can be read as of any instant."""

from collections.abc import Iterator

import pytest

from crmkit.db.asof import event_of, untold
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.leads import AccountCreated, LeadCreated
from crmkit.service import Service, services
from services.leads.lead.models import Lead, LeadField
from services.opportunities.opportunity.models import OpportunityField
from services.webhooks.endpoint.models import Endpoint

SERVICES = services()
_JOBS = {
    f"{each}_job"
    for each in ("account", "activity", "contact", "feedback", "lead", "opportunity", "visit")
}
COPIES = {
    *("account_copy", "deal_copy", "deal_version", "feed_event", "webhook_attempt"),
    *(f"{job}_part" for job in _JOBS),  # bytes that belong to jobs
    "capture_day",  # how many rows a form took, counted as they come
    "score_sweep",  # how far leads have been told that rules changed
    "inbound_day",  # how many messages came, counted as they come
    "feed_trim",  # up to where a feed was taken away
}
"""Tables that no event of the service's own is about, and that nobody reads as of an instant by
their rows."""


def records(service: Service) -> Iterator[type[Record]]:
    """Every table of a service that has versions."""
    for module in service.furniture("models"):
        for value in vars(module).values():
            is_record = isinstance(value, type) and issubclass(value, Record)
            if is_record and hasattr(value, "__table__") and value.__module__ == module.__name__:
                yield value


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_every_column_is_told_by_the_events_of_its_aggregate(service: Service) -> None:
    service.furniture("commands")
    lacking = {
        plan(cls).table: untold(cls, event_of(cls))
        for cls in records(service)
        if cls.versions is None and untold(cls, event_of(cls))
    }
    assert set(lacking) <= COPIES, lacking


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_versions_of_a_copy_have_the_columns_of_the_copy(service: Service) -> None:
    for cls in records(service):
        if cls.versions is not None:
            assert plan(cls).types == plan(cls.versions).types


def test_a_column_that_no_event_tells_is_found() -> None:
    assert untold(Lead, LeadCreated) == set()
    assert "company" in untold(Lead, AccountCreated)
    assert "company" in untold(Lead, None)


def test_what_may_not_be_told_is_named_by_its_table() -> None:
    secrets = {"sealed"}
    assert Endpoint.unpublished == secrets
    event = event_of(Endpoint)
    assert event is not None
    assert secrets.isdisjoint(event.fields)
    assert LeadField.unpublished == OpportunityField.unpublished == {"position"}
