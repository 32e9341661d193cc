"""What has views, own fields, imports and exports has them whole, by every door."""

from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import pytest

from crmkit.components.custom import CustomFields
from crmkit.components.views.saved import SavedViews, Viewed
from crmkit.db.listing import Listing
from crmkit.db.rows import plan
from crmkit.service import Service, services
from crmkit.settings import Settings

WHOLE = {"fields", "imports", "exports", "views"}
RESOURCES = {
    "leads": {
        **dict.fromkeys(("lead", "account", "contact", "activity"), WHOLE),
        "feedback": {"exports"},  # nobody brings what others said
        "visit": {"exports"},  # who came is registered, never brought
    },
    "opportunities": {"opportunity": WHOLE},
}
"""Which records have what. Whoever gives one something more writes it here, so that it is looked
for at each door."""

PATHS = {
    "fields": ("custom-fields", "custom-fields/{field_id}", "custom-fields/{row_id}/history"),
    "imports": (
        "imports",
        "imports/{job_id}",
        "imports/{job_id}/stream",
        "imports/{job_id}/errors",
    ),
    "exports": ("exports", "exports/{job_id}", "exports/{job_id}/stream", "exports/{job_id}/file"),
    "views": ("views", "views/{view_id}", "views/{row_id}/history"),
}
OPERATIONS = {
    "fields": ("{0}Field", "{0}Fields", "create{1}Field", "update{1}Field", "delete{1}Field"),
    "imports": ("{0}Job", "{0}Jobs", "cancel{1}Job"),
    "exports": ("{0}Job", "{0}Jobs", "cancel{1}Job", "export{2}"),
    "views": ("{0}View", "{0}Views", "create{1}View", "update{1}View", "delete{1}View"),
}
PLURAL = {"activity": "activities", "feedback": "feedback", "opportunity": "opportunities"}
SERVICES = services()
T = TypeVar("T")


def named(kind: type[T], service: Service) -> Iterator[T]:
    """All of that kind that the lists of a service's rooms have."""
    for module in service.furniture("queries"):
        yield from (value for value in vars(module).values() if isinstance(value, kind))


def resources(service: Service) -> dict[str, set[str]]:
    """What each kind of record has, by what the rooms declare."""
    found: dict[str, set[str]] = {}
    for fields in named(CustomFields, service):
        found.setdefault(fields.table.removesuffix("_field"), set()).add("fields")
    for listing in named(Listing, service):
        if listing.views is not None:
            found.setdefault(plan(listing.cls).table, set()).add("views")
    for jobs in service.jobs:
        kinds = {f"{kind.value}s" for kind in jobs.kinds}
        found.setdefault(plan(jobs.commands.subject).table, set()).update(kinds)
    return found


def demanded(record: str, has: set[str]) -> tuple[set[str], set[str]]:
    """The paths and the operations of GraphQL that such a record needs."""
    plural = PLURAL.get(record, f"{record}s")
    paths = {f"/v1/{plural}/{path}" for kind in has for path in PATHS[kind]}
    words = (record, record.capitalize(), plural.capitalize())
    return paths, {each.format(*words) for kind in has for each in OPERATIONS[kind]}


@cache
def offered(name: str) -> tuple[set[str], set[str]]:
    """The paths and the operations of GraphQL that a service has."""
    (service,) = services([name])
    settings = Settings.load()
    paths = {getattr(route, "path", "") for route in service.api(settings).router.routes}
    schema = service.schema(settings).introspect()["__schema"]
    roots = {"Query", "Mutation"}
    kinds = [kind for kind in schema["types"] if kind["name"] in roots]
    return paths, {field["name"] for kind in kinds for field in kind["fields"]}


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_the_records_that_have_something_are_those_that_are_named(service: Service) -> None:
    assert resources(service) == RESOURCES.get(service.name, {})


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_what_carries_own_fields_is_found_by_them_and_told_with_them(service: Service) -> None:
    carrying = {name for name, t in service.metadata.tables.items() if "custom" in t.c}
    known = RESOURCES.get(service.name, {})
    assert carrying == {name for name, has in known.items() if "fields" in has}
    filtered = {
        plan(listing.cls).table for listing in named(Listing, service) if listing.custom is not None
    }
    assert filtered == carrying
    written = {plan(jobs.commands.subject).table: jobs.fields for jobs in service.jobs}
    assert {name for name, fields in written.items() if fields is not None} == carrying


@pytest.mark.parametrize("name", RESOURCES)
def test_whatever_a_record_has_it_has_by_every_door(name: str) -> None:
    paths, operations = offered(name)
    for record, has in RESOURCES[name].items():
        needed_paths, needed_operations = demanded(record, has)
        assert needed_paths <= paths, needed_paths - paths
        assert needed_operations <= operations, needed_operations - operations


def test_a_door_that_is_missing_is_found() -> None:
    paths, operations = offered("leads")
    needed_paths, needed_operations = demanded("visit", WHOLE)
    assert "/v1/visits/views" in needed_paths - paths
    assert {"createVisitField", "visitViews"} <= needed_operations - operations


@pytest.mark.parametrize("name", RESOURCES)
def test_a_list_knows_the_views_that_are_saved_of_it(name: str) -> None:
    (service,) = services([name])
    viewed = [each for each in named(Viewed, service)]
    assert {each.resource for each in viewed} == {
        record for record, has in RESOURCES[name].items() if "views" in has
    }
    for each in viewed:
        assert isinstance(each.listing.views, SavedViews)
        assert plan(each.listing.views.cls).table == f"{name}_view"
