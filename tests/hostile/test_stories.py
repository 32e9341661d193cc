"""What is wrong only after something else has happened."""

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.hostile.cases import MARKER

_ACME = {"company": "Acme", "source": "web"}


async def test_text_is_kept_as_it_is_and_compared_as_it_looks(login: Login) -> None:
    """Script, formula and template are text; composed and decomposed characters are one."""
    caller = await login("leads", "admin")
    for text in ("<script>alert(1)</script>", "=HYPERLINK(0)", "{{7*7}}", "'; drop table lead;--"):
        made = await caller.post("/v1/leads", json=_ACME | {"company": text})
        assert made.json()["company"] == text
        found = await caller.get("/v1/leads", params={"q": text})
        assert [item["company"] for item in found.json()["items"]] == [text]
    made = await caller.post("/v1/leads", json=_ACME | {"company": "Cafe\u0301"})
    assert made.json()["company"] == "Caf\u00e9"
    again = await caller.post("/v1/leads", json=_ACME | {"email": "Wang@Example.CN"})
    assert again.json()["email"] == "wang@example.cn"


async def test_a_patch_of_nothing_changes_nothing(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json=_ACME)).json()
    path = f"/v1/leads/{made['id']}"
    answer = await caller.patch(path, json={}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()) == (200, made)
    assert await caller.emitted(made["id"]) == ["lead.created.v1"]


async def test_what_is_deleted_twice_is_deleted_once(login: Login) -> None:
    caller = await login("leads", "admin")
    path = f"/v1/leads/{(await caller.post('/v1/leads', json=_ACME)).json()['id']}"
    assert [(await caller.delete(path)).status_code for _ in range(2)] == [204, 404]


_SHOWN = "{ __typename ... on Lead { version } ... on Problem { code httpStatus } }"


async def test_a_mutation_of_nothing_changes_nothing_and_a_second_end_ends_nothing(
    login: Login,
) -> None:
    caller = await login("leads", "admin")
    lead = (await caller.post("/v1/leads", json=_ACME)).json()["id"]
    nothing = f'updateLead(id: "{lead}", expectedVersion: 1, input: {{}}) {_SHOWN}'
    told = await caller.graphql("leads", f"mutation {{ made: {nothing} }}")
    assert told == {"data": {"made": {"__typename": "Lead", "version": 1}}}
    assert await caller.emitted(lead) == ["lead.created.v1"]
    gone = f'mutation {{ made: deleteLead(id: "{lead}") {_SHOWN} }}'
    ends = [(await caller.graphql("leads", gone))["data"]["made"] for _ in range(2)]
    assert ends[0]["__typename"] == "Lead"
    assert ends[1] == {"__typename": "Problem", "code": "lead.not_found", "httpStatus": 404}
    assert await caller.emitted(lead) == ["lead.created.v1", "lead.deleted.v1"]


async def test_an_illegal_move_names_the_legal_ones(login: Login) -> None:
    caller = await login("leads", "admin")
    made = (await caller.post("/v1/leads", json=_ACME)).json()
    answer = await caller.post(f"/v1/leads/{made['id']}/convert", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "lifecycle.illegal")
    assert answer.json()["allowed"] == ["disqualified", "qualified", "working"]


async def test_a_cursor_is_of_its_tenant_its_list_its_order_and_its_filter(
    house: House, login: Login
) -> None:
    caller, stranger = (
        await login("leads", "admin"),
        await house.caller("leads", ids.new(), "admin"),
    )
    for _ in range(2):
        await caller.post("/v1/leads", json=_ACME)
        await caller.post("/v1/accounts", json={"name": "Acme"})
        await stranger.post("/v1/leads", json=_ACME)
    cursor = (await caller.get("/v1/leads?limit=1")).json()["next_cursor"]
    foreign = (await stranger.get("/v1/leads?limit=1")).json()["next_cursor"]
    await stranger.client.aclose()
    flipped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for asked in (
        f"/v1/leads?cursor={flipped}",
        f"/v1/leads?cursor={cursor[:-4]}",
        f"/v1/leads?sort=company&cursor={cursor}",
        f"/v1/leads?source=web&cursor={cursor}",
        f"/v1/accounts?cursor={cursor}",
        f"/v1/leads?cursor={foreign}",
    ):
        answer = await caller.get(asked)
        told = (answer.status_code, answer.json()["errors"][0]["code"])
        assert told == (400, "cursor.invalid"), asked


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
    answer = await caller.post("/v1/leads", json=_ACME, headers={"occurred-at": instant})
    assert answer.status_code == 422, answer.text
    assert MARKER not in answer.text
    assert (await caller.get("/v1/leads")).json()["items"] == []
