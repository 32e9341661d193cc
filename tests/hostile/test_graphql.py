"""GraphQL that asks for too much runs no resolver; what is none is answered with its code."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.hostile.cases import Document, Exchange
from tests.hostile.cases_graphql import NONE, TOO_MUCH, WAYS
from tests.hostile.doors import JSON, told_by_graphql

_PATH = "/graphql/leads"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(house: House) -> AsyncIterator[Caller]:
    caller = await house.caller("leads", ids.new(), "admin")
    yield caller
    await caller.client.aclose()


@pytest.mark.parametrize("case", [*TOO_MUCH, *NONE], ids=lambda case: f"{case.line} {case.name}")
async def test_a_document_is_refused_before_it_runs(admin: Caller, case: Document) -> None:
    answer = await admin.post(_PATH, json=case.sent)
    told = told_by_graphql(answer)
    assert (told.told, told.faults) == (case.answer, []), answer.text
    assert not answer.json().get("data")
    assert len(answer.json().get("errors", [1])) == 1 or case in NONE


@pytest.mark.parametrize("case", WAYS, ids=lambda case: f"{case.line} {case.name}")
async def test_graphql_is_taken_as_one_json_object_by_post_alone(
    admin: Caller, case: Exchange
) -> None:
    path = _PATH + (case.path if case.path.startswith("?") else "")
    sent = (
        case.sent
        if b"query" in case.sent or b"variables" in case.sent
        else b'{"query":"{__typename}"}'
    )
    headers = JSON | dict(case.headers)
    answer = await admin.client.request(case.method, path, headers=headers, content=sent)
    assert told_by_graphql(answer).told == case.answer, answer.text


async def test_a_refused_document_leaves_no_trace(login: Login) -> None:
    """Twenty deletions under twenty names: none of them is tried."""
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json={"company": "Acme", "source": "web"})).json()
    asked = " ".join(f'a{n}: deleteLead(id: "{made["id"]}") {{ __typename }}' for n in range(20))
    answer = await caller.post(_PATH, json={"query": f"mutation {{ {asked} }}"})
    assert told_by_graphql(answer).told == "400 LIMIT_EXCEEDED"
    assert await caller.emitted(made["id"]) == ["lead.created.v1"]
