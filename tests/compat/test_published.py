"""What is published is what the code says; nothing that callers were told is taken back."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.events.envelope import REGISTRY, read
from crmkit.events.schemas import schema
from services.reporting.fact.statements import SHAPES
from tests.compat.additive import WIDENED, asyncapi_breaks, openapi_breaks
from tests.compat.publish import PUBLISHED, Interface, interfaces

_EVENTS = sorted((PUBLISHED / "events").glob("*.json"))
_AGAIN = "run `make interfaces` and look at the difference"


@pytest.mark.parametrize("interface", interfaces(), ids=lambda each: each.name)
def test_the_published_document_is_what_the_code_says(interface: Interface) -> None:
    made, kept = interface.make(), interface.path.read_text()
    if made != kept:
        assert interface.breaks(kept, made) == []
    assert made == kept, _AGAIN


@pytest.mark.parametrize(
    ("told", "planted"),
    [
        ("  company: String!\n", ""),
        ("  company: String!\n", "  company: String\n"),
        (
            "createLead(input: LeadCreateInput!",
            "createLead(sure: Boolean!, input: LeadCreateInput!",
        ),
        ("input LeadCreateInput {\n", "input LeadCreateInput {\n  needed: String!\n"),
    ],
    ids=["gone", "missing", "asked", "demanded"],
)
def test_a_schema_that_breaks_a_caller_is_found(told: str, planted: str) -> None:
    (leads,) = (each for each in interfaces() if each.name == "leads.graphql")
    text = leads.path.read_text()
    assert told in text
    assert leads.breaks(text, text.replace(told, planted))


def test_a_path_that_moves_to_another_service_breaks_who_calls_the_one() -> None:
    """The merged document does not tell."""
    (whole,) = (each for each in interfaces() if each.name == "openapi.json")
    (leads,) = (each for each in interfaces() if each.name == "leads.json")
    text = leads.path.read_text()
    assert "/v1/campaigns" in json.loads(whole.path.read_text())["paths"]
    moved = re.sub(r'^"/v1/campaigns": .*\n', "", text, count=1, flags=re.MULTILINE)
    assert set(leads.breaks(text, moved)) == {
        f"{method} /v1/campaigns: gone" for method in ("GET", "POST")
    }


def test_every_event_type_has_a_sample() -> None:
    assert {path.stem for path in _EVENTS} == REGISTRY.keys(), _AGAIN


@pytest.mark.parametrize("path", _EVENTS, ids=lambda path: path.stem)
def test_an_event_of_any_time_can_be_read(path: Path) -> None:
    event = read(path.read_bytes()).event()
    assert event.type == path.stem
    jsonschema.Draft202012Validator(schema(path.stem)).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.aggregate)
def test_reporting_folds_events_of_any_time(shape: Any) -> None:
    kept = [path for path in _EVENTS if path.stem.startswith(f"{shape.aggregate}.")]
    folded = [shape.arrays([read(path.read_bytes())]) for path in kept]
    assert len(kept) > 0
    assert {len(column) for arrays in folded for column in arrays} == {1}


def test_an_event_without_a_field_that_came_later_without_a_default_cannot_be_read() -> None:
    """The planted break: what a sample is for."""
    event = json.loads((PUBLISHED / "events" / "lead.created.v1.json").read_text())
    del event["data"]["state"]["company"]
    with pytest.raises(Exception, match="company"):
        read(json.dumps(event).encode()).event()


def _openapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PUBLISHED / "openapi.json").read_text())
    return document


def _asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PUBLISHED / "asyncapi.json").read_text())
    return document


LEAD = "/v1/leads/{lead_id}"


def _drop_path(document: Any) -> None:
    del document["paths"][LEAD]


def _drop_method(document: Any) -> None:
    del document["paths"][LEAD]["patch"]


def _rename_operation(document: Any) -> None:
    document["paths"][LEAD]["get"]["operationId"] = "fetch_lead"


def _drop_parameter(document: Any) -> None:
    kept = document["paths"]["/v1/leads"]["get"]["parameters"]
    kept[:] = [each for each in kept if each.get("name") != "status"]


def _need_parameter(document: Any) -> None:
    more = {"name": "why", "in": "query", "required": True, "schema": {"type": "string"}}
    document["paths"]["/v1/leads"]["get"]["parameters"].append(more)


def _drop_field(document: Any) -> None:
    del document["components"]["schemas"]["LeadRead"]["properties"]["company"]


def _retype_field(document: Any) -> None:
    document["components"]["schemas"]["LeadRead"]["properties"]["company"] = {"type": "integer"}


def _null_field(document: Any) -> None:
    either = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    document["components"]["schemas"]["LeadRead"]["properties"]["company"] = either


def _let_field_be_missing(document: Any) -> None:
    document["components"]["schemas"]["LeadRead"]["required"].remove("company")


def _need_field(document: Any) -> None:
    document["components"]["schemas"]["LeadCreate"]["required"].append("email")


def _refuse_field(document: Any) -> None:
    del document["components"]["schemas"]["LeadCreate"]["properties"]["email"]


def _refuse_code(document: Any) -> None:
    document["components"]["schemas"]["Intent"]["enum"].remove("d")


def _tighten(document: Any) -> None:
    document["components"]["schemas"]["LeadCreate"]["properties"]["company"]["maxLength"] = 3


def _change_pattern(document: Any) -> None:
    document["components"]["parameters"]["OccurredAt"]["schema"]["pattern"] = "^[0-9]{10}$"


def _drop_answer(document: Any) -> None:
    answers = document["paths"]["/v1/leads"]["post"]["responses"]
    answers["200"] = answers.pop("201")


def _change_media(document: Any) -> None:
    answer = document["paths"][LEAD]["get"]["responses"]["200"]
    answer["content"] = {"application/xml": answer["content"]["application/json"]}


@pytest.mark.parametrize(
    "breaking",
    [
        _drop_path,
        _drop_method,
        _rename_operation,
        _drop_parameter,
        _need_parameter,
        _drop_field,
        _retype_field,
        _null_field,
        _let_field_be_missing,
        _need_field,
        _refuse_field,
        _refuse_code,
        _tighten,
        _change_pattern,
        _drop_answer,
        _change_media,
    ],
)
def test_a_planted_break_of_the_api_is_found(breaking: Any) -> None:
    new = _openapi()
    breaking(new)
    assert openapi_breaks(_openapi(), new) != []


def _add_all_sorts(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for name in ("LeadRead", "LeadCreate"):
        schemas[name]["properties"]["nickname"] = {"type": "string"}
    schemas["LeadRead"]["required"].append("nickname")
    more = {"name": "why", "in": "query", "schema": {"type": "string"}}
    document["paths"]["/v1/leads"]["get"]["parameters"].append(more)
    document["paths"]["/v1/nicknames"] = copy.deepcopy(document["paths"]["/v1/leads"])
    schemas["LeadCreate"]["properties"]["company"]["maxLength"] += 1
    schemas["LeadStatus"]["enum"].append("dormant")


def test_what_is_only_added_breaks_nothing() -> None:
    new = _openapi()
    _add_all_sorts(new)
    assert new != _openapi()
    assert openapi_breaks(_openapi(), new) == []


@pytest.mark.parametrize("older", WIDENED)
@given(data=st.data())
def test_a_widened_pattern_takes_all_that_the_older_took(older: str, data: st.DataObject) -> None:
    taken = data.draw(st.from_regex(older, fullmatch=True, alphabet=st.characters(codec="ascii")))
    assert re.search(WIDENED[older], taken)


def test_a_pattern_that_was_widened_breaks_nothing() -> None:
    old, new = _openapi(), _openapi()
    for document, pattern in zip((old, new), next(iter(WIDENED.items())), strict=True):
        document["components"]["parameters"]["OccurredAt"]["schema"]["pattern"] = pattern
    assert openapi_breaks(old, new) == []
    assert openapi_breaks(new, old) != []


@pytest.mark.parametrize(
    ("older", "newer", "breaks"),
    [
        ("^(id|name)(,(id|name))*$", "^(id|age|name)(,(id|age|name))*$", False),
        ("^(id|name)(,(id|name))*$", "^(id)(,(id))*$", True),
        ("^(id|name)(,(id|name))*$", "^(id|age|name)(,(id|name))*$", True),
        ("^[a-z]+$", "^(id|name)(,(id|name))*$", True),
    ],
)
def test_a_list_of_names_may_take_more_and_no_fewer(older: str, newer: str, breaks: bool) -> None:
    documents = _openapi(), _openapi()
    for document, pattern in zip(documents, (older, newer), strict=True):
        document["components"]["parameters"]["OccurredAt"]["schema"]["pattern"] = pattern
    assert bool(openapi_breaks(*documents)) is breaks


def _drop_channel(document: Any) -> None:
    del document["channels"]["lead"]


def _move_topic(document: Any) -> None:
    document["channels"]["lead"]["address"] = "crm.lead.v2"


def _drop_message(document: Any) -> None:
    del document["components"]["messages"]["LeadConverted"]


def _rename_message(document: Any) -> None:
    document["components"]["messages"]["LeadConverted"]["name"] = "lead.turned.v1"


def _drop_state_field(document: Any) -> None:
    del document["components"]["schemas"]["LeadState"]["properties"]["company"]


def _retype_state_field(document: Any) -> None:
    document["components"]["schemas"]["LeadState"]["properties"]["budget"] = {"type": "number"}


@pytest.mark.parametrize(
    "breaking",
    [
        _drop_channel,
        _move_topic,
        _drop_message,
        _rename_message,
        _drop_state_field,
        _retype_state_field,
    ],
)
def test_a_planted_break_of_an_event_is_found(breaking: Any) -> None:
    new = _asyncapi()
    breaking(new)
    assert asyncapi_breaks(_asyncapi(), new) != []


def test_a_field_that_an_event_gains_breaks_nothing() -> None:
    new = _asyncapi()
    new["components"]["schemas"]["LeadState"]["properties"]["nickname"] = {"type": "string"}
    assert asyncapi_breaks(_asyncapi(), new) == []
