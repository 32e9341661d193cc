"""响应与保护时限 what a tenant says of its leads' times holds for what comes from then on."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, until
from crmkit.testing.plugin import Login
from services.leads.lead.domain import response_due
from tests.leads.samples import made, new_lead

PATH = "/v1/lead-terms"
UTC = ZoneInfo("UTC")


async def say(caller: Caller, version: int | None = None, **terms: Any) -> Any:
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return await caller.put(PATH, json=terms, headers=headers)


def within(lead: dict[str, Any], minutes: int) -> bool:
    """Whether a lead has to be answered within so much business time."""
    received = datetime.fromisoformat(lead["received_at"])
    due = response_due(received, received, UTC, timedelta(minutes=minutes))
    return due == datetime.fromisoformat(lead["first_response_due_at"])


async def test_a_lead_is_answered_by_what_the_tenant_said_when_it_came(login: Login) -> None:
    director, other = (
        await login("leads", "sales_director"),
        await login("leads", "sales_rep", tenant=ids.new()),
    )
    before = await new_lead(director)
    assert within(before, 120)
    said = await say(director, response_minutes=15)
    assert (said.status_code, said.json()["protected_days"]) == (201, 30)

    async def heard() -> bool:
        return within(await new_lead(director), 15)

    await until(heard)
    kept = (await director.get(f"/v1/leads/{before['id']}")).json()
    assert kept["first_response_due_at"] == before["first_response_due_at"]
    assert within(await new_lead(other), 120)


async def test_a_visitor_is_protected_for_as_long_as_the_tenant_said(login: Login) -> None:
    director = await login("leads", "sales_director")
    await say(director, protected_days=7)
    visit = await made(
        director,
        "/v1/visits",
        {"name": "周敏", "phone": "13800000001", "site": "一号案场", "source": "web"},
    )
    visited, protected = (
        datetime.fromisoformat(visit[name]) for name in ("visited_at", "ownership_protected_until")
    )
    assert protected - visited == timedelta(days=7)


async def test_what_a_tenant_said_is_replaced_by_version_and_told(login: Login) -> None:
    admin = await login("leads", "admin")
    assert (await admin.get(PATH)).status_code == 404
    first = (await say(admin, response_minutes=30, note="试行")).json()
    assert (await say(admin, response_minutes=60)).status_code == 428
    assert (await say(admin, 7, response_minutes=60)).status_code == 412
    again = await say(admin, 1, response_minutes=60)
    assert (again.status_code, again.json()["note"]) == (200, "")
    told = (await admin.get(f"{PATH}/{first['id']}/history")).json()["items"]
    assert [each["type"] for each in told] == ["lead_terms.updated.v1", "lead_terms.created.v1"]
    assert told[0]["changed"]["response_minutes"] == [30, 60]
    then = await admin.get(PATH, params={"as_of": told[1]["recorded_at"]})
    assert then.json()["response_minutes"] == 30


@pytest.mark.parametrize(
    "terms",
    [
        {"response_minutes": 0},
        {"response_minutes": 14_401},
        {"response_minutes": "30"},
        {"protected_days": 0},
        {"protected_days": 3651},
        {"minutes": 5},
    ],
)
async def test_terms_that_make_no_sense_are_refused(login: Login, terms: dict[str, Any]) -> None:
    admin = await login("leads", "admin")
    assert (await say(admin, **terms)).status_code == 422


async def test_who_may_not_decide_reads_what_was_decided(login: Login) -> None:
    """Administrators and directors of sales decide."""
    assert (await say(await login("leads", "sales_director"))).status_code == 201
    for role in ("sales_rep", "sales_manager", "marketing", "partner"):
        caller = await login("leads", role)
        assert (await say(caller, 1, response_minutes=5)).status_code == 403
        assert (await caller.get(PATH)).json()["response_minutes"] == 120
    stranger = await login("leads", "admin", tenant=ids.new())
    assert (await stranger.get(PATH)).status_code == 404


async def test_mutations_say_the_same(login: Login) -> None:
    admin = await login("leads", "admin")
    mutation = """
    mutation {
      first: putLeadTerms(input: {responseMinutes: 45}) { ... on LeadTerms { version } }
      blind: putLeadTerms(input: {}) { ... on Problem { code } }
      putLeadTerms(expectedVersion: 1, input: {protectedDays: 10}) {
        ... on LeadTerms { version responseMinutes protectedDays }
      }
    }
    """
    told = (await admin.graphql("leads", mutation))["data"]
    assert told == {
        "first": {"version": 1},
        "blind": {"code": "version.required"},
        "putLeadTerms": {"version": 2, "responseMinutes": 120, "protectedDays": 10},
    }
    query = "{ leadTerms { responseMinutes } }"
    shown = (await admin.graphql("leads", query))["data"]["leadTerms"]
    assert shown == {"responseMinutes": 120}
