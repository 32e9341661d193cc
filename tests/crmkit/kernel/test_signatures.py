import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from crmkit.kernel.sealing import new_secret
from crmkit.kernel.signatures import (
    MOST_CANDIDATES,
    Encoding,
    Message,
    is_plain,
    is_standard,
    named,
    standard_key,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET, OTHER = new_secret(), new_secret()
BODY = '{"company": "苏州恒岭"}'.encode()
PLAIN = "a secret of twenty!!"
HUB = "x-hub-signature-256"


def sent(
    message_id: str = "msg_1", at: datetime = NOW, body: bytes = BODY, secret: str = SECRET
) -> dict[str, str]:
    """The headers that the reference library of Standard Webhooks signs with."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


def holds(headers: dict[str, str], body: bytes = BODY, *secrets: str) -> bool:
    return is_standard(Message(headers, body), secrets or (SECRET,), NOW)


@settings(max_examples=50)
@given(st.text(min_size=1))
def test_what_the_reference_library_signs_is_signed(text: str) -> None:
    body = text.encode()
    assert holds(sent(body=body), body)
    assert not holds(sent(body=body), body + b" ")


@settings(max_examples=50)
@given(st.data())
def test_one_bit_that_differs_anywhere_is_no_signature(data: st.DataObject) -> None:
    headers = sent()
    name = data.draw(st.sampled_from([*headers, "body"]))
    whole = BODY if name == "body" else headers[name].encode()
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    wrong = bytearray(whole)
    wrong[place // 8] ^= 1 << place % 8
    if name == "body":
        assert not holds(headers, bytes(wrong))
    else:
        assert not holds(headers | {name: wrong.decode("latin-1")})


@pytest.mark.parametrize(
    ("seconds", "recent"),
    [(0, True), (300, True), (-300, True), (301, False), (-301, False)],
)
def test_a_clock_may_differ_by_five_minutes(seconds: int, recent: bool) -> None:
    assert holds(sent(at=NOW + timedelta(seconds=seconds))) is recent


@pytest.mark.parametrize("said", ["", "-1", "1.5", "1e9", "١٢٣", "1772442000000", "9" * 13, "now"])
def test_what_is_no_time_in_seconds_is_refused(said: str) -> None:
    signed = f"msg_1.{said}.".encode() + BODY
    digest = hmac.digest(standard_key(SECRET) or b"", signed, "sha256")
    right = f"v1,{base64.b64encode(digest).decode()}"
    assert not holds(sent() | {"webhook-timestamp": said, "webhook-signature": right})


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_is_no_signature(missing: str) -> None:
    headers = sent()
    del headers[missing]
    assert not holds(headers)


def test_an_id_with_a_dot_would_be_signed_as_another_ones() -> None:
    assert not holds(sent("msg.1"))
    assert holds(sent("msg-1"))


def test_any_secret_of_a_rotation_holds_and_no_other() -> None:
    assert holds(sent(secret=OTHER), BODY, SECRET, OTHER)
    assert not holds(sent(secret=OTHER), BODY, SECRET)
    assert not is_standard(Message(sent(), BODY), (), NOW)
    assert not holds(sent(), BODY, "whsec_short")


def test_so_many_signatures_are_looked_at_and_no_more() -> None:
    headers = sent()
    right, wrong = headers["webhook-signature"], "v1,AAAA"
    for before, found in ((MOST_CANDIDATES - 1, True), (MOST_CANDIDATES, False)):
        shown = " ".join([*[wrong] * before, right])
        assert holds(headers | {"webhook-signature": shown}) is found


@pytest.mark.parametrize(
    "written",
    ["{0}", "v1a,{0}", "v2,{0}", "v1,{1}", "v1,{0}=", "v1,é", "v1,", "x" * 10_000],
)
def test_another_form_of_a_signature_is_none(written: str) -> None:
    headers = sent()
    right = headers["webhook-signature"].removeprefix("v1,")
    hexed = base64.b64decode(right).hex()
    assert not holds(headers | {"webhook-signature": written.format(right, hexed)})


@pytest.mark.parametrize(
    ("prefix", "encoding"), [("sha256=", Encoding.HEX), ("", Encoding.BASE64), ("", Encoding.HEX)]
)
def test_the_body_alone_is_signed_in_a_header_of_ones_own(prefix: str, encoding: Encoding) -> None:
    digest = hmac.new(PLAIN.encode(), BODY, hashlib.sha256).digest()
    told = digest.hex() if encoding is Encoding.HEX else base64.b64encode(digest).decode()
    message = Message({HUB: prefix + told}, BODY)
    assert is_plain(message, [PLAIN], HUB, prefix, encoding)
    assert is_plain(message, ["another", PLAIN], HUB, prefix, encoding)
    assert not is_plain(message, ["another"], HUB, prefix, encoding)
    assert not is_plain(message, [PLAIN], "x-other", prefix, encoding)
    assert not is_plain(message, [PLAIN], HUB, "v0=", encoding)
    assert not is_plain(Message(message.headers, BODY + b"\n"), [PLAIN], HUB, prefix, encoding)
    if encoding is Encoding.HEX:
        assert is_plain(Message({HUB: prefix + told.upper()}, BODY), [PLAIN], HUB, prefix, encoding)


def test_a_message_has_a_name_where_it_is_one() -> None:
    for said, found in (("a-1", "a-1"), ("", None), ("a b", None), ("é", None), ("x" * 201, None)):
        assert named(Message({"x-id": said}, b""), "x-id") == found


def test_a_standard_secret_stands_for_24_to_64_bytes() -> None:
    def whsec(length: int) -> str:
        return f"whsec_{base64.b64encode(bytes(length)).decode()}"

    lengths = [length for length in range(80) if standard_key(whsec(length)) is not None]
    assert lengths == [*range(24, 65)]
    for wrong in (PLAIN, "whsec_", "whsec_####", whsec(32).removeprefix("whsec_"), "whsec_é"):
        assert standard_key(wrong) is None
