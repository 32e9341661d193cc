"""Somebody who left traces in every place there is, and who looks for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from crmkit.kernel import clock, ids
from crmkit.service import services
from crmkit.testing.house import Caller, House
from tests.leads.capture_samples import new_form
from tests.leads.inbound_samples import Sender, new_endpoint
from tests.leads.lead.test_custom import define
from tests.leads.lead.test_exports import exported
from tests.leads.lead.test_imports import brought
from tests.leads.questionnaire.test_rest import drawn_up
from tests.leads.samples import made
from tests.leads.survey.test_rest import a_template

GROUND = {"reason": "request", "reference": "DS-2026/17"}
_TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname <> 'alembic_version'
order by c.relname
"""
_ROWS = """
select t::text from {0} t
where exists (select from unnest($1::text[]) v where position(v in lower(t::text)) > 0)
"""


@dataclass(frozen=True)
class Person:
    """Words that are nobody else's."""

    mark: str
    phone: str
    latitude: str

    @property
    def email(self) -> str:
        return f"{self.mark}@example.com"

    @property
    def words(self) -> list[str]:
        """What no table may hold any more, as text, and as the bytes of it."""
        plain = [self.mark, self.phone, self.latitude]
        return plain + [word.encode().hex() for word in plain]


def somebody() -> Person:
    number = ids.new().int
    digits = f"{number % 10**8:08d}"
    return Person(f"zq{number & 0xFFFFFFFFFF:010x}", f"138{digits}", f"31.{digits[-6:]}")


async def traces(house: House, person: Person, names: Iterable[str] | None = None) -> set[str]:
    """Where one of a person's words stands: `service.table`, for every table of every service."""
    found = set()
    for name in names or [service.name for service in services()]:
        database = await house.system(name)
        async with database.system() as connection, connection.transaction():
            await connection.execute("set local enable_seqscan = on")
            for (table,) in await connection.fetch(_TABLES):
                if await connection.fetch(_ROWS.format(table), person.words):
                    found.add(f"{name}.{table}")
    return found


async def a_lead_of(caller: Caller, person: Person) -> dict[str, Any]:
    """With all that a lead tells of somebody, twice, so that events tell what it was before."""
    mark = person.mark
    await define(caller, "hobby", "text")
    body = {
        "company": "Acme",
        "source": "web",
        "contact_name": f"{mark} Wang",
        "email": f"old.{person.email}",
        "phone": person.phone,
        "external_system": "erp",
        "external_id": mark,
        "need": mark,
        "desire_note": mark,
        "ability_note": mark,
        "authority_note": mark,
        "eligibility_note": mark,
        "custom": {"hobby": mark},
    }
    lead = await made(caller, "/v1/leads", body, idempotency_key=f"lead-{ids.new()}")
    path = f"/v1/leads/{lead['id']}"
    patch = {"email": person.email}
    await caller.patch(path, json=patch, headers={"if-match": '"1"'})
    await made(caller, f"{path}/disqualify", {"reason": mark})
    return await made(caller, f"{path}/reopen", {})


async def leave_traces(
    house: House, caller: Caller, anybody: httpx.AsyncClient, person: Person
) -> dict[str, Any]:
    """The contact that a lead became, with all that leads knows of somebody."""
    lead, mark = await a_lead_of(caller, person), person.mark
    other = {"company": "Acme", "source": "web", "contact_name": mark, "phone": person.phone}
    twin = await made(caller, "/v1/leads", other)
    await made(caller, f"/v1/leads/{lead['id']}/merge", {"source_ids": [twin["id"]]})
    await _act(caller, person, lead)
    await receive(caller, person)
    await _refuse(caller, anybody, person)
    await _send(caller, anybody, person)
    await _bring(house, caller, person)
    await _look_for(house, caller, person)
    path = f"/v1/leads/{lead['id']}"
    await made(caller, f"{path}/qualify", {"intent": "a"})
    version = {"if-match": f'"{(await caller.get(path)).json()["version"]}"'}
    await caller.patch(path, json={"company": f"{mark} Wang"}, headers=version)
    lead = await made(caller, f"{path}/convert", {"contact": True})
    contact_path = f"/v1/contacts/{lead['contact_id']}"
    patch, headers = {"title": mark}, {"if-match": '"1"'}
    contact: dict[str, Any] = (await caller.patch(contact_path, json=patch, headers=headers)).json()
    await _ask(caller, person, contact)
    await _sell(caller, person, lead)
    return contact


async def _act(caller: Caller, person: Person, lead: dict[str, Any]) -> None:
    place = {"latitude": person.latitude, "longitude": "121.473701", "place": person.mark}
    called = {
        "kind": "visit",
        "subject": person.mark,
        "notes": person.mark,
        "outcome": person.mark,
        "lead_id": lead["id"],
        "check_in": place,
    }
    await made(caller, "/v1/activities/log", called)
    said = {"kind": "customer", "cost": "low", "details": person.mark, "lead_id": lead["id"]}
    feedback = await made(caller, "/v1/feedback", said)
    await made(caller, f"/v1/feedback/{feedback['id']}/decline", {"answer": person.mark})


async def receive(caller: Caller, person: Person) -> None:
    who = {"name": person.mark, "phone": person.phone, "source": "walk-in"}
    visit = await made(caller, "/v1/visits", who | {"site": "一号案场", "need": person.mark})
    enquiry = await made(caller, "/v1/enquiries", who | {"question": person.mark})
    await made(caller, f"/v1/enquiries/{enquiry['id']}/answer", {"answer": person.mark})
    free = [{"code": "who", "text": "Who are you?", "kind": "text"}]
    sheet = await drawn_up(caller, questions=free)
    said = {"questionnaire_id": sheet["id"], "visit_id": visit["id"], "answers": {}}
    await made(caller, "/v1/visitor-surveys", said | {"answers": {"who": person.mark}})


async def _refuse(caller: Caller, anybody: httpx.AsyncClient, person: Person) -> None:
    """A row of theirs that a form refused, for what it says is no number."""
    form = await new_form(caller)
    row = {"contact_name": "x", "email": person.email, "need": person.mark, "phone": "x"}
    answer = await anybody.post(f"/v1/capture/{form['key']}", json=row)
    assert answer.status_code == 422, answer.text


async def _send(caller: Caller, anybody: httpx.AsyncClient, person: Person) -> None:
    """A message of another system about them that became no lead, for it names no company."""
    sender = Sender(anybody, await new_endpoint(caller))
    said = {"data": {"people": [{"name": person.mark, "mail": person.email}], "phone": "x"}}
    assert (await sender.send(said)).status_code == 422


async def _bring(house: House, caller: Caller, person: Person) -> None:
    """A file with a row of theirs that is refused, and a file of all leads."""
    rows = ["company,contact_name,email", f",{person.mark},{person.email.upper()}"]
    job = await brought(house, caller, "\r\n".join(rows).encode())
    assert job["refused"] == 1, job
    await exported(house, caller)


async def _look_for(house: House, caller: Caller, person: Person) -> None:
    """What is kept of a search for them, and deleted or not."""
    filters = {"filter": {"q": person.mark}}
    view = await made(caller, "/v1/leads/views", filters | {"name": person.mark})
    await caller.delete(f"/v1/leads/views/{view['id']}")
    rule = {"resource": "lead", "filter": {"source": "web"}}
    await made(caller, "/v1/segments", rule | {"name": f"for {person.mark}"})
    await exported(house, caller, **filters)


async def _ask(caller: Caller, person: Person, contact: dict[str, Any]) -> None:
    call = {"kind": "call", "subject": person.mark, "contact_id": contact["id"]}
    await made(caller, "/v1/activities/log", call | {"account_id": contact["account_id"]})
    whom = {"template_id": (await a_template(caller))["id"], "contact_id": contact["id"]}
    survey = await made(caller, "/v1/surveys", whom)
    said = {"answers": {"service": 4, "words": person.mark}}
    await made(caller, f"/v1/surveys/{survey['id']}/answer", said)


async def _sell(caller: Caller, person: Person, lead: dict[str, Any]) -> None:
    """What is noted of the deal that bears their name alone; and they sell for us themselves."""
    call = {"kind": "call", "subject": person.mark, "opportunity_id": lead["opportunity_id"]}
    await made(caller, "/v1/activities/log", call)
    agent = {"name": person.mark, "kind": "agent", "account_id": lead["account_id"]}
    partner = await made(caller, "/v1/channel-partners", agent | {"territory": person.mark})
    judged = {"rating": 4, "assessment": person.mark}
    await made(caller, f"/v1/channel-partners/{partner['id']}/assess", judged)


async def park(house: House, tenant: UUID, contact: str) -> None:
    """An event of theirs that webhooks could not read, and what a partner answered to another."""
    async with (await house.system("webhooks")).system() as connection:
        sent = await connection.fetchrow(
            "select id, endpoint_id, body from webhook_delivery"
            " where tenant_id = $1 and aggregate_id = $2 limit 1",
            tenant,
            UUID(contact),
        )
        assert sent is not None
        await connection.execute(
            "insert into webhook_attempt (tenant_id, id, version, created_at, updated_at,"
            " delivery_id, endpoint_id, status, error, duration_ms, answer)"
            " values ($1, $2, 1, now(), now(), $3, $4, 200, '', 1, $5)",
            *(tenant, ids.new(), sent["id"], sent["endpoint_id"], sent["body"][:4000]),
        )
        await connection.execute(
            "insert into parked values ($1, $2, 'crm.contact.v1', 0, 0, $3, 'x', $4, null, $5)",
            *(ids.new(), tenant, sent["body"].encode(), clock.now(), ids.new().bytes),
        )
