from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel.errors import (
    Conflict,
    CrmError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
)
from crmkit.kernel.sealing import new_secret
from crmkit.kernel.signatures import Message
from crmkit.web.bodies import parse
from crmkit.web.problems import Refusal
from services.leads.inbound.domain import (
    LIFECYCLE,
    InboundScheme,
    InboundStatus,
    as_text,
    at,
    demand_active,
    demand_mapping,
    demand_place,
    demand_raw,
    demand_same,
    demand_scheme,
    demand_secret,
    demand_unrevoked,
    keepable_headers,
    mapped,
    name_of,
    place_beside,
    place_of,
    status_of,
)

ARROWS = {"a": {"b/c": [{"~": 1}, "x"]}, "": {"": "empty"}, "n": None, "0": "zero"}
STANDARD = {"scheme": InboundScheme.STANDARD, "id_header": "x-id"}
PLAIN = {"scheme": InboundScheme.HMAC_SHA256, "id_header": "x-id"}


def row(field: str, pointer: str | None = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "pointer": pointer, "values": {}, "default": None, **more}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/a/b~1c/0/~0", 1),
        ("/a/b~1c/1", "x"),
        ("/a/b~1c/2", None),
        ("/a/b~1c/01", None),
        ("/a/b~1c/-", None),
        ("/a/b~1c/-1", None),
        ("/a/b~1c/99999999999", None),
        ("/a/b", None),
        ("/a/b~1c/1/0", None),
        ("//", "empty"),
        ("/n/x", None),
        ("/0", "zero"),
    ],
)
def test_a_pointer_points_as_rfc_6901_says(pointer: str, found: Any) -> None:
    assert at(ARROWS, pointer) == found


def test_a_message_says_the_fields_that_are_mapped() -> None:
    mapping = [
        row("company", "/firm"),
        row("phone", "/phone"),
        row("region", "/city", values={"SH": "上海", "1": "one", "true": "yes"}, default="华东"),
        row("product", default="S5"),
        row("need", "/nothing"),
        row("budget.amount", "/budget"),
        row("budget.currency", default="CNY"),
        row("custom.seats", "/seats"),
    ]
    said = {"firm": "Acme", "phone": 13800000001, "city": "SH", "budget": 12.5, "seats": 3}
    lead = {
        "company": "Acme",
        "phone": "13800000001",
        "region": "上海",
        "product": "S5",
        "budget": {"amount": "12.5", "currency": "CNY"},
        "custom": {"seats": 3},
    }
    assert mapped(mapping, said) == lead
    for city, region in ((1, "one"), (True, "yes"), ("BJ", "BJ"), ("", "华东"), (None, "华东")):
        assert mapped(mapping, said | {"city": city})["region"] == region
    assert "budget" not in mapped(mapping, said | {"budget": None})
    assert mapped(mapping, []) == {"region": "华东", "product": "S5"}


def test_what_is_no_single_value_is_left_for_the_fields_rule_to_refuse() -> None:
    assert mapped([row("company", "/a")], {"a": ["x"]}) == {"company": ["x"]}
    assert mapped([row("company", "/a", values={"x": "y"})], {"a": {"x": 1}}) == {
        "company": {"x": 1}
    }
    assert mapped([row("company", "/a")], {"a": True}) == {"company": True}


@pytest.mark.parametrize(
    ("mapping", "system", "pointer"),
    [
        ([row("company", "/a"), row("company", "/b")], None, "/mapping/1/field"),
        ([row("company")], None, "/mapping/0/pointer"),
        ([row("company", "/a~")], None, "/mapping/0/pointer"),
        ([row("company", "/a~2")], None, "/mapping/0/pointer"),
        ([row("phone", "/a")], None, "/mapping"),
        ([row("company", "/a"), row("external_id", "/b")], None, "/mapping"),
        ([row("company", "/a")], "shop", "/mapping"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    mapping: list[dict[str, Any]], system: str | None, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        demand_mapping(mapping, system)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
    assert refused.value.code == "inbound_endpoint.mapping"


def test_a_mapping_names_somebody_and_an_id_where_there_is_a_system() -> None:
    demand_mapping([row("company", "/a~0~1")], None)
    demand_mapping([row("contact_name", default="x")], None)
    demand_mapping([row("company", "/a"), row("external_id", "/b")], "shop")


def test_a_message_is_named_by_its_sender_or_by_what_it_says() -> None:
    said = Message({"webhook-id": "w", "x-id": "x"}, b"")
    assert name_of(STANDARD, said, "digest") == "w"
    assert name_of(PLAIN, said, "digest") == "x"
    assert name_of(PLAIN | {"id_header": ""}, said, "digest") == "digest"
    assert name_of(PLAIN, Message({"x-id": "two words"}, b""), "digest") == "digest"


def test_a_message_counts_once_for_what_is_signed_of_it() -> None:
    assert place_of(STANDARD, "w", "digest") == "w"
    assert place_of(PLAIN, "x", "digest") == "digest"
    assert place_beside("w", "digest") == "w digest"


@settings(max_examples=100)
@given(st.binary(max_size=40))
def test_a_body_is_kept_as_text_that_says_the_same_or_is_no_json(raw: bytes) -> None:
    text = as_text(raw)
    assert "\0" not in text
    if text.encode() != raw:
        with pytest.raises(Refusal):
            parse(text.encode())


@pytest.mark.parametrize("raw", [b'{"a":"\\\xff"}', b'{"a":"\0"}', b"\xff", b"\0", b'"\\\0"'])
def test_what_no_text_holds_does_not_become_json_by_being_kept(raw: bytes) -> None:
    with pytest.raises(Refusal):
        parse(as_text(raw).encode())


def test_credentials_are_not_kept() -> None:
    sent = {"authorization": "x", "cookie": "x", "proxy-authorization": "x", "x-id": "1"}
    assert keepable_headers(sent) == {"x-id": "1"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("x"), "refused"),
        (Refusal(415, "x", code="body.media_type"), "refused"),
        (RequestValidationError([]), "refused"),
        (Conflict("x", code="inbound.reused"), "refused"),
        (Conflict("x", code="lead.duplicate"), "duplicate"),
        (Conflict("x", code="lead.deleted"), "failed"),
        (NotFound("x", code="campaign.not_found"), "failed"),
        (Forbidden("x"), "failed"),
    ],
)
def test_a_reason_says_whose_it_is_to_put_right(error: Exception, status: str) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize("status", InboundStatus)
def test_what_became_no_lead_may_become_one_and_nothing_else(status: InboundStatus) -> None:
    for target in InboundStatus:
        if target is InboundStatus.ACCEPTED is not status:
            assert LIFECYCLE.move(status, target) is target
        else:
            with pytest.raises(Conflict):
                LIFECYCLE.move(status, target)


def test_a_secret_is_one_that_its_scheme_can_sign_with() -> None:
    demand_secret(InboundScheme.STANDARD, new_secret())
    demand_secret(InboundScheme.HMAC_SHA256, "x" * 16)
    for scheme, wrong in (
        (InboundScheme.STANDARD, "x" * 40),
        (InboundScheme.STANDARD, "whsec_AAAA"),
        (InboundScheme.HMAC_SHA256, "x" * 15),
    ):
        with pytest.raises(Invalid):
            demand_secret(scheme, wrong)


def test_a_header_is_named_where_the_scheme_has_none_of_its_own() -> None:
    demand_scheme(InboundScheme.STANDARD, "")
    demand_scheme(InboundScheme.HMAC_SHA256, "x-hub")
    for scheme, header in ((InboundScheme.STANDARD, "x-hub"), (InboundScheme.HMAC_SHA256, "")):
        with pytest.raises(Invalid):
            demand_scheme(scheme, header)


def test_each_refusal_has_its_code() -> None:
    demand_active(True)
    demand_unrevoked(None)
    demand_same("a", "a")
    demand_raw("")
    demand_place(1, 60)
    refusals: list[tuple[Any, tuple[Any, ...], type[CrmError], str]] = [
        (demand_active, (False,), Forbidden, "inbound.inactive"),
        (
            demand_unrevoked,
            (datetime(2026, 3, 2, tzinfo=UTC),),
            Conflict,
            "inbound_endpoint.revoked",
        ),
        (demand_same, ("a", "b"), Conflict, "inbound.reused"),
        (demand_raw, (None,), Conflict, "inbound_message.raw_gone"),
        (demand_place, (None, 60), TooMany, "inbound.cap"),
    ]
    for demand, told, kind, code in refusals:
        with pytest.raises(kind) as refused:
            demand(*told)
        assert refused.value.code == code
