"""What nobody should send is refused for its reason, never with a 500, and never repeated."""

import json
from typing import Any

import httpx
import pytest

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.policy.hostile import BODIES, HEADERS, MARKER, PATHS, VALUES, Attack, versions

_MEMBERS = {"type", "title", "status", "code", "trace_id"}


async def _fire(caller: Caller, attack: Attack) -> str:
    """What is wrong with the answer; empty where nothing is."""
    answer = await caller.client.request(
        attack.method, attack.path, content=attack.body or None, headers=attack.headers
    )
    if answer.status_code not in attack.statuses:
        return f"{attack.name}: {answer.status_code}, not {attack.statuses}: {answer.text[:200]}"
    if answer.is_success:
        return ""
    return "; ".join(f"{attack.name}: {fault}" for fault in _faults(attack, answer))


def _faults(attack: Attack, answer: httpx.Response) -> list[str]:
    found = []
    if answer.headers.get("content-type") != "application/problem+json":
        return [f"content type {answer.headers.get('content-type')}"]
    problem = answer.json()
    if not problem.keys() >= _MEMBERS:
        found.append(f"lacks {_MEMBERS - problem.keys()}")
    if problem.get("status") != answer.status_code:
        found.append(f"says {problem.get('status')}, not {answer.status_code}")
    if MARKER in json.dumps({k: v for k, v in problem.items() if k != "instance"}):
        found.append(f"repeats what was sent: {answer.text[:300]}")
    codes = [problem["code"], *(fault["code"] for fault in problem.get("errors", []))]
    if attack.code and attack.code not in codes:
        found.append(f"{codes}, not {attack.code}")
    return found


@pytest.mark.parametrize(
    "attacks", [BODIES, VALUES, HEADERS, PATHS], ids=["bodies", "values", "headers", "paths"]
)
async def test_what_nobody_should_send_is_refused_for_its_reason(
    login: Login, attacks: list[Attack]
) -> None:
    caller = await login("leads", "admin")
    wrong = [await _fire(caller, attack) for attack in attacks]
    assert not any(wrong), "\n".join(filter(None, wrong))


async def test_what_is_no_version_changes_nothing(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json={"company": "Acme", "source": "web"})).json()
    path = f"/v1/leads/{made['id']}"
    wrong = [await _fire(caller, attack) for attack in versions(path)]
    assert not any(wrong), "\n".join(filter(None, wrong))
    assert (await caller.get(path)).json() == made


async def test_two_tokens_are_no_token(login: Login) -> None:
    caller = await login("leads", "admin")
    token = caller.client.headers["authorization"]
    both = [("authorization", token), ("authorization", token)]
    request = httpx.Request("GET", "http://test/v1/leads", headers=both)
    answer = await caller.client.send(request)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_text_is_kept_as_it_is_and_compared_as_it_looks(login: Login) -> None:
    """Script, formula and template are text; composed and decomposed characters are one."""
    caller = await login("leads", "admin")
    for text in ("<script>alert(1)</script>", "=HYPERLINK(0)", "{{7*7}}", "'; drop table lead;--"):
        made = await caller.post("/v1/leads", json={"company": text, "source": "web"})
        assert made.json()["company"] == text
        found = await caller.get("/v1/leads", params={"q": text})
        assert [item["company"] for item in found.json()["items"]] == [text]
    made = await caller.post("/v1/leads", json={"company": "Cafe\u0301", "source": "web"})
    assert made.json()["company"] == "Caf\u00e9"
    again = await caller.post(
        "/v1/leads", json={"company": "x", "source": "web", "email": "Wang@Example.CN"}
    )
    assert again.json()["email"] == "wang@example.cn"


async def test_a_patch_of_nothing_changes_nothing(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json={"company": "Acme", "source": "web"})).json()
    path = f"/v1/leads/{made['id']}"
    answer = await caller.patch(path, json={}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()) == (200, made)
    assert await caller.emitted(made["id"]) == ["lead.created.v1"]
    refused = await caller.patch(path, json={"company": None}, headers={"if-match": '"1"'})
    assert refused.status_code == 422


async def test_an_illegal_move_names_the_legal_ones(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json={"company": "Acme", "source": "web"})).json()
    answer = await caller.post(f"/v1/leads/{made['id']}/convert", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "lifecycle.illegal")
    assert answer.json()["allowed"] == ["disqualified", "qualified", "working"]


def _query(text: str, **variables: Any) -> dict[str, Any]:
    return {"query": text, "variables": variables}


_FAN_OUT = "query { ...A } " + "".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(30)
)
_LIMITED = {
    "48 depth": "{ leads { nodes { account { id } } edges { node { account { id } } } } }".replace(
        "account { id }", "account " + "{ parent " * 9 + "{ id }" + " }" * 9
    ),
    "48 aliases": "{" + " ".join(f"a{n}: leads {{ nodes {{ id }} }}" for n in range(16)) + "}",
    "48 tokens": "{" + " __typename" * 1001 + "}",
    "48 roots": "{" + " ".join(f"a{n}: __typename" for n in range(11)) + "}",
    "48 duplicates": "{ leads { nodes {" + " id" * 990 + "} } }",
    "48 cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "48 fan out": _FAN_OUT + "fragment F30 on Query { __typename } fragment A on Query { ...F0 }",
    "48 directives": "{ leads { nodes { id" + " @skip(if: false)" * 300 + " } } }",
    "48 cost": "{ leads(first: 100) { nodes { account { id } } edges { node { account { id } } } } "
    "more: leads(first: 100) { nodes { account { id } } edges { node { account { id } } } } "
    "third: leads(first: 100) { nodes { account { id } } edges { node { account { id } } } } }",
    "47 brute force": "mutation {"
    + " ".join(f'a{n}: deleteLead(id: "{n}") {{ __typename }}' for n in range(20))
    + "}",
}


@pytest.mark.parametrize("name", _LIMITED)
async def test_graphql_that_asks_for_too_much_runs_no_resolver(login: Login, name: str) -> None:
    caller = await login("leads", "admin")
    answer = await caller.post("/graphql/leads", json=_query(_LIMITED[name]))
    assert answer.status_code in {200, 400}
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED", error
    assert not answer.json().get("data")


_MALFORMED: dict[str, Any] = {
    "no query": {},
    "no text": {"query": 5},
    "not a document": _query("s3cr3t-m4rk3r {"),
    "unknown field": _query("{ leads { nodes { s3cr3t_m4rk3r } } }"),
    "51 wrong type": _query("query($id: UUID!) { lead(id: $id) { id } }", id=["s3cr3t-m4rk3r"]),
    "51 not an id": _query("query($id: UUID!) { lead(id: $id) { id } }", id="s3cr3t-m4rk3r"),
    "51 missing": _query("query($id: UUID!) { lead(id: $id) { id } }"),
    "51 unknown operation": _query("query A { __typename }") | {"operationName": "s3cr3t-m4rk3r"},
    "51 two operations": _query("query A { __typename } query B { __typename }"),
    "51 variables that are none": {"query": "{ __typename }", "variables": [1]},
    "25 first 0": _query("{ leads(first: 0) { nodes { id } } }"),
    "25 first 101": _query("{ leads(first: 101) { nodes { id } } }"),
    "26 after": _query('{ leads(after: "s3cr3t-m4rk3r") { nodes { id } } }'),
    "27 sort": _query('{ leads(sort: "s3cr3t-m4rk3r") { nodes { id } } }'),
}


@pytest.mark.parametrize("name", _MALFORMED)
async def test_malformed_graphql_is_answered_with_errors_that_repeat_nothing(
    login: Login, name: str
) -> None:
    caller = await login("leads", "admin")
    answer = await caller.post("/graphql/leads", json=_MALFORMED[name])
    assert answer.status_code in {200, 400, 422}, answer.text
    body = answer.json()
    assert body.get("errors") or body.get("code"), body
    assert not any((body.get("data") or {}).values())


@pytest.mark.parametrize(
    ("method", "headers", "content"),
    [
        ("GET", {}, b""),
        ("POST", {"content-type": "application/x-www-form-urlencoded"}, b"query={__typename}"),
        ("POST", {"content-type": "multipart/form-data; boundary=x"}, b"--x--"),
        ("POST", {"content-type": "text/plain"}, b'{"query":"{__typename}"}'),
        ("POST", {"content-type": "application/json"}, b'[{"query":"{__typename}"}]'),
        ("POST", {"content-type": "application/json"}, b'{"query":"{__typename}","query":"{x}"}'),
        ("POST", {"content-type": "application/json"}, b'{"query":NaN}'),
    ],
)
async def test_graphql_is_taken_as_one_json_object_by_post_alone(
    login: Login, method: str, headers: dict[str, str], content: bytes
) -> None:
    caller = await login("leads", "admin")
    path = "/graphql/leads" if method == "POST" else "/graphql/leads?query={__typename}"
    answer = await caller.client.request(method, path, headers=headers, content=content)
    assert answer.status_code in {400, 405, 415}, answer.text


async def test_a_graphql_input_is_held_to_what_rest_is_held_to(login: Login) -> None:
    caller = await login("leads", "admin")
    document = """mutation($input: LeadCreateInput!) {
      createLead(input: $input) { __typename ... on Problem { code httpStatus } } }"""
    for field, value in (
        ("need", "s3cr3t-m4rk3r\u0000"),
        ("need", "x" * 4001),
        ("need", "a\u202eb"),
        ("email", "s3cr3t-m4rk3r"),
        ("company", "   "),
        ("budget", {"amount": "1E+1000000", "currency": "CNY"}),
        ("budget", {"amount": "NaN", "currency": "CNY"}),
        ("budget", {"amount": "1.00", "currency": "XXX"}),
        ("budget", {"amount": "-1.00", "currency": "CNY"}),
    ):
        new = {"company": "Acme", "source": "web", field: value}
        answer = await caller.post("/graphql/leads", json=_query(document, input=new))
        assert MARKER not in answer.text, field
        body = answer.json()
        if body.get("errors"):
            continue
        made = body["data"]["createLead"]
        assert (made["__typename"], made.get("httpStatus")) == ("Problem", 422), (field, made)
    assert (await caller.get("/v1/leads")).json()["items"] == []


@pytest.mark.parametrize(
    "instant",
    [
        "",
        MARKER,
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2199-01-01T00:00:00Z",
        "1e9",
        "1767225600",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "1969-12-31T23:59:59Z",
    ],
)
async def test_history_is_written_at_an_instant_that_was(login: Login, instant: str) -> None:
    caller = await login("leads", "admin", scopes=["history:write"])
    answer = await caller.post(
        "/v1/leads", json={"company": "Acme", "source": "web"}, headers={"occurred-at": instant}
    )
    assert answer.status_code == 422, answer.text
    assert MARKER not in answer.text
    assert (await caller.get("/v1/leads")).json()["items"] == []
