"""Every GET and every query of GraphQL of every service: as of an instant it answers what it
answered then, or refuses."""

import re
from datetime import timedelta
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.service import services
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.policy.documents import documents
from tests.policy.exhibits import ROOTS
from tests.policy.paths import paths_of
from tests.policy.town import Town

_NAMES = [service.name for service in services()]
_NAMED = {"$ref": "#/components/parameters/AsOf"}
BEFORE = "2020-01-01T00:00:00Z"
_YEAR = {"grain": "month", "from": "2026-01-01", "to": "2026-12-31"}
_ASKED: dict[str, dict[str, Any]] = {
    "/v1/rollups": _YEAR | {"measure": "leads_created", "by": "owner"},
    "/v1/rollups/lineage": {"measure": "leads_created", "period": "2026-01"},
    "/v1/rollups/diff": _YEAR | {"measure": "leads_created", "from_as_of": BEFORE},
    "/v1/forecasts/pipeline": {"period": "2026-11"},
    "/v1/forecasts/pipeline/lineage": {"period": "2026-11", "figure": "coverage"},
    "/v1/reports/weekly/{week}/lineage": {"figure": "leads.created.value"},
    "/v1/reports/monthly/{month}/lineage": {"figure": "leads.created.value"},
    "/v1/surveys/results": {"period": "2026-01"},
    "/v1/work-plans/progress": {"period": "2026-01"},
    "/v1/objections/usage": {"period": "2026-01"},
}
COUNTS = {"/v1/objections/usage", "objectionUsage"}
"""Counts of activities, which another text of one does not change."""

_PARTS = {
    r"/custom-fields": "_field",
    r"/views": "_view",
    r"/imports": "_import",
    r"/exports": "_export",
}
_LABELS = {"week": "2026-W02", "month": "2026-01"}
PRESENT = {
    r"/v1/[a-z-]+(/custom-fields|/views)?/enums": "words of the software, no record of anybody",
    r"/v1/measures": "words of the software",
    r"/v1/limits": "what may still be asked for now, counted in memory",
    r"/v1/progress/[a-z]+": "where relay and consumer are, which is kept of now alone",
    r"/v1/ledger/[a-z]+/(roots|keys)": "signed as they are, with the day in each",
    r"/v1/events/stream": "what comes from now on",
    r"/v1/[a-z]+/(imports|exports)/\{job_id\}/stream": "what comes from now on",
    r"/v1/[a-z]+/imports/\{job_id\}/errors": "a file, which is taken away after a month",
    r"/v1/[a-z]+/exports/\{job_id\}/file": "a file, which is taken away after a week",
    r"/v1/rollups/diff": "takes two instants of its own",
}
"""What can only be read as it is now, by path, and why."""

PRESENT_FIELDS = {
    "measures": "words of the software, and the same at any instant",
    "rollupDiff": "takes two instants of its own",
    "checkLeads": "about leads that are not there yet; REST has it as a POST",
    "simulateAssignment": "who would be given a lead now; REST has it as a POST",
}
"""The same of GraphQL."""


def _gets(name: str) -> dict[str, bool]:
    """Every GET that asks for a token, and whether its document names `as_of`."""
    return {
        path: _NAMED in item["get"].get("parameters", ())
        for path, item in paths_of(name).items()
        if "get" in item and item["get"].get("security") != []
    }


_GETS = [(name, path) for name in _NAMES for path in _gets(name)]


def _is_present(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in PRESENT)


def _url(path: str, known: dict[str, str]) -> str:
    root = ROOTS.get(path.split("/")[2], "")
    part = next((part for word, part in _PARTS.items() if word in path), "")
    record = known.get(root + part, "")
    return re.sub(r"\{(\w+)\}", lambda found: _LABELS.get(found[1], record), path)


class Answers:
    """What a caller is answered by all the doors of a service, now or as of an instant."""

    def __init__(self, name: str, town: Town) -> None:
        self.name, self.town = name, town
        self.paths = [path for path in _gets(name) if not _is_present(path)]

    async def of_rest(self, caller: Caller, as_of: str = "") -> dict[str, Any]:
        asked = {"as_of": as_of} if as_of else {}
        answers = {}
        for path in self.paths:
            url, query = _url(path, self.town.ids), _ASKED.get(path, {}) | asked
            answer = await caller.get(url, params=query)
            body = answer.json() if answer.status_code == 200 else {}
            body.pop("as_of", None)  # of figures: the instant they are about
            answers[path] = (answer.status_code, body)
        return answers

    async def of_graphql(self, caller: Caller, as_of: str = "") -> dict[str, Any]:
        headers = {"as-of": as_of} if as_of else {}
        answers = {}
        for field, document in documents(self.name, self.town.ids, PRESENT_FIELDS).items():
            url, sent = f"/graphql/{self.name}", {"query": document}
            answer = (await caller.post(url, json=sent, headers=headers)).json()
            told = str(answer["data"]) if "errors" not in answer else str(answer["errors"])
            answers[field] = ("errors" not in answer, re.sub("'asOf': '[^']*'", "", told))
        return answers


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("door", ["rest", "graphql"])
async def test_what_is_read_is_what_was_answered_then(
    house: House, login: Login, name: str, door: str
) -> None:
    """At the instant, since the change, and before anything was there, when all looked as it does
    to a tenant who has nothing."""
    tenant = ids.new()
    town = Town(house, tenant)
    admin, stranger = await login(name, "admin", tenant=tenant), await login(name, "admin")
    await town.settle(name)
    answers = Answers(name, town)
    read = answers.of_rest if door == "rest" else answers.of_graphql
    first, then = await read(admin), clock.now().isoformat()
    await town.change(name)
    changed, now = await read(admin), clock.now().isoformat()
    assert {where: told for where, (done, told) in first.items() if done not in (200, True)} == {}
    same = {where for where in first if changed[where] == first[where]}
    assert same <= COUNTS
    assert _unlike(await read(admin, then), first) == {}
    assert _unlike(await read(admin, now), changed) == {}
    assert _unlike(await read(admin, BEFORE), await read(stranger)) == {}


def _unlike(given: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    assert given.keys() == wanted.keys()
    return {
        where: (given[where], wanted[where]) for where in given if given[where] != wanted[where]
    }


@pytest.mark.parametrize("name", _NAMES)
async def test_what_has_no_past_says_so(login: Login, name: str) -> None:
    admin = await login(name, "admin")
    for path in filter(_is_present, _gets(name)):
        nobody = re.sub(r"\{\w+\}", str(ids.new()), path)
        answer = await admin.get(nobody, params=_ASKED.get(path, {}) | {"as_of": BEFORE})
        assert (answer.status_code, answer.json()["code"]) == (400, "as_of.unsupported"), path


def test_no_reason_is_without_a_path() -> None:
    paths = [path for _, path in _GETS]
    assert [each for each in PRESENT if not any(re.fullmatch(each, path) for path in paths)] == []


@pytest.mark.parametrize("name", _NAMES)
def test_the_document_names_as_of_where_it_is_answered(name: str) -> None:
    gets = _gets(name)
    assert gets
    assert {path for path, named in gets.items() if not named} == set(filter(_is_present, gets))


async def test_a_change_is_made_now_or_not_at_all(login: Login) -> None:
    caller = await login("leads", "admin")
    for method, path in (("POST", "/v1/leads"), ("PATCH", f"/v1/leads/{ids.new()}")):
        sent = {"json": {"company": "Acme", "source": "web"}, "headers": {"if-match": '"1"'}}
        then = {"as_of": "2026-01-01T00:00:00Z"}
        answer = await caller.client.request(method, path, params=then, **sent)  # type: ignore[arg-type]  # headers or none
        assert (answer.status_code, answer.json()["code"]) == (400, "as_of.write")
    assert (await caller.get("/v1/leads")).json()["items"] == []


async def test_a_mutation_as_of_an_instant_is_refused(login: Login) -> None:
    caller = await login("leads", "admin")
    caller.client.headers["as-of"] = "2026-01-01T00:00:00Z"
    mutation = """mutation { createLead(input: {company: "Acme", source: "web"}) {
        ... on Lead { id } ... on Problem { code httpStatus } } }"""
    answer = await caller.graphql("leads", mutation)
    assert answer["data"]["createLead"] == {"code": "as_of.write", "httpStatus": 400}


@pytest.mark.parametrize(
    "given",
    [
        ("yesterday",),
        ("2026-01-01",),
        ("2026-01-01T00:00:00",),
        ("",),
        ((clock.now() + timedelta(days=1)).isoformat(),),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    ],
)
async def test_what_is_no_instant_of_the_past_is_refused(
    login: Login, given: tuple[str, ...]
) -> None:
    caller = await login("leads", "admin")
    answer = await caller.get("/v1/leads", params={"as_of": list(given)})
    assert (answer.status_code, answer.json()["code"]) == (400, "as_of.invalid")


async def test_two_ways_of_saying_it_are_one_too_many(login: Login) -> None:
    caller = await login("leads", "admin")
    then = "2026-01-01T00:00:00Z"
    both = await caller.get(f"/v1/leads?as_of={then}", headers={"as-of": then})
    assert both.json()["code"] == "as_of.invalid"
    header = await caller.get("/v1/leads", headers={"as-of": then})
    assert header.json()["items"] == []


async def test_the_name_may_be_written_in_any_way_a_query_allows(login: Login) -> None:
    caller = await login("leads", "admin")
    answer = await caller.get("/v1/leads?as%5Fof=never")
    assert answer.json()["code"] == "as_of.invalid"
