import json
import math
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from hypothesis import example, given
from hypothesis import strategies as st

from crmkit.fields import Strict
from crmkit.web import bodies, problems
from crmkit.web.problems import Refusal

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def _model(body: bytes) -> Any:
    """What parse promises, said in the plainest way: the value, or ValueError."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in found}) < len(found):
            raise ValueError
        return dict(found)

    def refuse(_: str) -> None:
        raise ValueError

    value = json.loads(body.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse)
    _walk(value, 0)
    return value


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth == 32:
            raise ValueError
        for child in value.values() if isinstance(value, dict) else value:
            _walk(child, depth + 1)
        if isinstance(value, dict):
            for key in value:
                key.encode()
    elif isinstance(value, str):
        value.encode()
    elif isinstance(value, int | float) and not _fits(value):
        raise ValueError


def _fits(number: float) -> bool:
    return abs(number) < 10**18 if isinstance(number, int) else not math.isinf(number)


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_what_json_writes_is_read_back(value: Any, ascii: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    assert bodies.parse(text.encode()) == value


SIGNS = ["{", "}", "[", "]", ":", ",", '"', " ", "\t", "\ufeff", "٣"]
TEXTS = ['"a"', '"b"', '"a":1', '"\\u0061":1', '"\\ud800"', '"\\ud83d\\ude00"']
NUMBERS = ["1", "-0", "1.5", "1e400", "9" * 18, "9" * 19, "NaN", "-Infinity", "null"]
FRAGMENTS = st.lists(st.sampled_from([*SIGNS, *TEXTS, *NUMBERS]), max_size=12).map("".join)


@given(FRAGMENTS.map(str.encode) | st.binary(max_size=30))
@example(b'{"a":1,"a" :2}')
@example(b"-" + b"9" * 18)
@example(b"[" * 32 + b"]" * 32)
@example(b"[" * 33 + b"]" * 33)
@example('"\x00"'.encode("utf-16"))
def test_the_parser_accepts_what_the_rules_accept_and_nothing_else(body: bytes) -> None:
    try:
        expected = _model(body)
    except (ValueError, RecursionError):
        with pytest.raises(Refusal) as refusal:
            bodies.parse(body)
        assert (refusal.value.status_code, refusal.value.code) == (400, "body.malformed")
    else:
        assert bodies.parse(body) == expected


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("NaN", b'{"a":NaN}'),
        ("infinity", b'{"a":-Infinity}'),
        ("too great", b'{"a":1e400}'),
        ("duplicate key", b'{"a":1,"a":2}'),
        ("duplicate key by escape", b'{"a":1,"\\u0061":2}'),
        ("duplicate key deep down", b'[{"b":{"a":1,"a":2}}]'),
        ("lone surrogate", b'{"a":"\\ud800"}'),
        ("lone surrogate as key", b'{"\\udfff":1}'),
        ("surrogate as bytes", b'{"a":"\xed\xa0\x80"}'),
        ("5,000 digits", b"1" * 5000),
        ("invalid UTF-8", b'{"a":"\xff"}'),
        ("byte order mark", b"\xef\xbb\xbf{}"),
        ("UTF-16", '{"a":1}'.encode("utf-16")),
        ("UTF-7", b"+AHsAfQ-"),
        ("100,000 deep", b"[" * 100_000),
        ("100,000 deep, closed", b"[" * 100_000 + b"]" * 100_000),
        ("two values", b"{} {}"),
        ("control character", b'"\n"'),
        ("nothing", b" "),
        ("too many keys", b"{" + b",".join(b'"k%d":1' % n for n in range(10_001)) + b"}"),
    ],
)
def test_a_hostile_body_is_refused_at_once(_case: str, body: bytes) -> None:
    with pytest.raises(Refusal):
        bodies.parse(body)


def test_a_megabyte_of_keys_is_refused() -> None:
    body = b"{" + b",".join(b'"%05x":1' % n for n in range(100_000)) + b"}"
    with pytest.raises(Refusal):
        bodies.parse(body)


def test_colons_in_text_are_no_keys() -> None:
    assert bodies.parse(json.dumps({"a": ":" * 20_000}).encode()) == {"a": ":" * 20_000}


class Note(Strict):
    text: str


def _client() -> httpx.AsyncClient:
    app = FastAPI()
    router = APIRouter(route_class=bodies.CrmRoute)

    @router.post("/notes")
    async def create_note(note: Note) -> Note:
        return note

    @router.post("/notes/batch")
    async def create_notes(notes: list[dict[str, int]]) -> int:
        return len(notes)

    @router.post("/raw")
    async def take_raw(request: Request) -> int:
        return len(await request.body())

    plain = APIRouter(prefix="/plain")

    @plain.post("/notes")
    async def create_plain_note(note: Note) -> Note:
        return note

    bodies.make_strict(plain)
    app.include_router(plain)
    app.include_router(router)
    problems.install(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def _post(path: str, body: bytes, content_type: str | None) -> httpx.Response:
    headers = {} if content_type is None else {"content-type": content_type}
    async with _client() as client:
        return await client.post(path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ('application/json;charset="utf-8"', 200),
        ("application/merge-patch+json", 200),
        ("application/json; charset=latin1", 415),
        ("application/jsonp", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
async def test_a_body_must_say_that_it_is_json(content_type: str | None, status: int) -> None:
    answer = await _post("/notes", b'{"text":"hi"}', content_type)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/notes", "/plain/notes"])
async def test_a_malformed_body_is_a_problem_with_its_code(path: str) -> None:
    answer = await _post(path, b'{"text":"hi","text":"ho"}', "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "body.malformed")
    assert answer.json()["detail"] == "a key appears twice in one object"


async def test_no_body_at_all_is_a_missing_field() -> None:
    answer = await _post("/notes", b"", None)
    assert answer.status_code == 422


async def test_a_route_that_takes_raw_bytes_takes_any_type() -> None:
    answer = await _post("/raw", b"\xff\xfe", "text/csv")
    assert answer.json() == 2


async def test_a_batch_may_hold_more_keys_than_a_record() -> None:
    rows = json.dumps([{f"k{n}": n for n in range(30)}] * 500).encode()
    assert (await _post("/notes/batch", rows, "application/json")).json() == 500
