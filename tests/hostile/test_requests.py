"""A request nobody should send is refused for its reason, never with a 500, and never repeated."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.hostile.cases import Asked, Body, Exchange, File
from tests.hostile.cases_requests import BODIES, FILES, HEADERS, LISTS, PATHS, VERSIONS
from tests.hostile.doors import IMPORTS, JSON, Told, bring, told_by, told_by_graphql

_LEADS = "/v1/leads"
_GRAPHQL = "/graphql/leads"
_ELSEWHERE = {"reports": "reporting", "webhook-endpoints": "webhooks"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(house: House) -> AsyncIterator[Caller]:
    caller = await house.caller("leads", ids.new(), "admin")
    yield caller
    await caller.client.aclose()


def _named(case: Body | File | Exchange | Asked) -> str:
    return f"{case.line} {case.query[:40] if isinstance(case, Asked) else case.name}"


def _wrong(door: str, expected: str, told: Told) -> list[str]:
    wrong = [f"{door}: {told.told}, not {expected}"] if told.told != expected else []
    return wrong + [f"{door}: {fault}" for fault in told.faults]


@pytest.mark.parametrize("case", BODIES, ids=_named)
async def test_a_body_is_refused_by_every_door(admin: Caller, case: Body) -> None:
    doors: dict[str, tuple[str, Callable[[httpx.Response], Told]]] = {
        _LEADS: (case.rest, told_by),
        f"{_LEADS}/batch": (case.batch or case.rest, told_by),
        _GRAPHQL: (case.graphql or case.rest, told_by_graphql),
        IMPORTS: (case.upload or case.rest, told_by),
    }
    wrong = []
    for path, (expected, told) in doors.items():
        answer = await admin.post(path, content=case.sent, headers=case.headers)
        wrong += _wrong(path, expected, told(answer))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", FILES, ids=_named)
async def test_a_file_is_refused_before_there_is_a_job(admin: Caller, case: File) -> None:
    answer = await bring(admin, case.sent, params=case.params, headers=case.headers)
    assert not _wrong("upload", case.answer, told_by(answer)), answer.text
    assert (await admin.get(IMPORTS)).json()["items"] == []


@pytest.mark.parametrize("case", LISTS, ids=_named)
async def test_a_list_is_refused_alike_by_rest_and_graphql(admin: Caller, case: Asked) -> None:
    wrong = _wrong("rest", case.rest, told_by(await admin.get(f"{_LEADS}?{case.query}")))
    if case.arguments:
        asked = {"query": f"{{ leads({case.arguments}) {{ nodes {{ id }} }} }}"}
        answer = await admin.post(_GRAPHQL, json=asked)
        wrong += _wrong("graphql", case.graphql, told_by_graphql(answer))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", [*HEADERS, *PATHS], ids=_named)
async def test_an_exchange_is_answered_for_its_reason(login: Login, case: Exchange) -> None:
    root = case.path.split("/")[2].partition("?")[0]
    caller = await login(_ELSEWHERE.get(root, "leads"), "admin")
    answer = await caller.client.request(
        case.method,
        case.path,
        content=case.sent if case.method == "POST" else None,
        headers=JSON | dict(case.headers),
    )
    assert not _wrong(case.method, case.answer, told_by(answer)), answer.text
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if answer.status_code == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize("name", VERSIONS)
async def test_what_is_no_version_changes_nothing(login: Login, name: str) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post(_LEADS, json={"company": "Acme", "source": "web"})).json()
    path = f"{_LEADS}/{made['id']}"
    tag, expected = VERSIONS[name]
    answer = await caller.patch(path, json={"need": "x"}, headers={"if-match": tag})
    assert told_by(answer).told == expected
    assert (await caller.get(path)).json() == made


async def test_no_version_at_all_changes_nothing(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post(_LEADS, json={"company": "Acme", "source": "web"})).json()
    answer = await caller.patch(f"{_LEADS}/{made['id']}", json={"need": "x"})
    assert told_by(answer).told == "428 version.required"


async def test_two_tokens_are_no_token(login: Login) -> None:
    caller = await login("leads", "admin")
    token = caller.client.headers["authorization"]
    both = [("authorization", token), ("authorization", token)]
    request = httpx.Request("GET", "http://test/v1/leads", headers=both)
    assert told_by(await caller.client.send(request)).told == "401 token.invalid"
