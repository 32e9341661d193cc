"""Nothing of one tenant is there for another: not by id, list, reference, cursor, key or SQL."""

import asyncio
import random
import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.db.rows import plan
from crmkit.kernel import ids
from crmkit.kernel.actor import Actor
from crmkit.service import services
from crmkit.settings import Settings
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.commands import create_lead
from services.leads.lead.schemas import LeadCreate
from services.leads.terms.models import LeadTerms
from tests.policy.exhibit import YUAN, Exhibit
from tests.policy.exhibits import EXHIBITS, ROOTS
from tests.policy.paths import paths_of
from tests.policy.seeds import insert, sample, seed

_BODIES: dict[str, dict[str, Any]] = {
    "void": {"reason": "x"},
    "cancel": {"reason": "x"},
    "costs": {"kind": "media", "amount": YUAN},
    "answer": {"answer": "x"},
    "disqualify": {"reason": "x"},
    "lose": {"reason": "x"},
    "qualify": {"intent": "a"},
    "rate": {"level": 3},
    "accept": {"due_on": "2031-01-01"},
    "reassign": {"assignee_id": str(ids.new())},
    "decline": {"answer": "x"},
    "finish": {"result": "x"},
    "complete": {"outcome": "rejected"},
    "assess": {"rating": 3},
    "end": {"reason": "x"},
    "erase": {"reason": "request", "reference": "1"},
    "merge": {"sources": [str(ids.new())]},
    "/v1/surveys/{survey_id}/answer": {"answers": {}},
    "check-in": {"latitude": "31.2", "longitude": "121.5"},
    "/v1/leads/{lead_id}/merge": {"source_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"]},
    "stage": {"stage": "open"},
    "pool": {"pool_id": str(ids.new())},
    "give-back": {"reason": "no_time"},
    "/v1/offboardings/{offboarding_id}/start": {"leads_to": "rules"},
    "needs": {"question_set_id": str(ids.new()), "answers": {"x": "x"}},
    "check": {"place": 1},
    "allocate": {"member_id": str(ids.new())},
    "replays": {"from_at": "2026-01-01T00:00:00Z"},
    "receipts": {"amount": YUAN},
    "instalments": {"instalments": [{"due_on": "2027-01-01", "amount": YUAN}]},
}
_NAMES = [service.name for service in services()]
_BY_KEY = {
    ("PUT", "/v1/targets/{period}/{owner_id}"),
    ("PUT", "/v1/leads/by/{system}/{external_id}"),
}
"""Operations whose path names no record, but what a record of the caller's own tenant shall be."""


def _operations(name: str) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, item in paths_of(name).items()
        for method in item
        if re.search(r"\{\w+_id\}", path) and (method.upper(), path) not in _BY_KEY
    ]


_OPERATIONS = [(name, *each) for name in _NAMES for each in _operations(name)]


@pytest.fixture(scope="module")
async def foreign(house: House) -> dict[str, str]:
    """The id of one record of each aggregate, all of one tenant, whose records none may reach."""
    tenant, found = ids.new(), {}
    for aggregate, exhibit in EXHIBITS.items():
        async with (await house.system(exhibit.service)).system() as connection:
            [(_, row)] = await seed(connection, exhibit, tenant, ids.new(), most=1)
        found[aggregate] = str(row["id"])
    async with (await house.system("leads")).system() as connection:
        await insert(connection, LeadTerms, sample(LeadTerms, tenant, id=tenant))
    return found | {"lead_terms": str(tenant)}


def _comparable(answer: Any, row_id: str) -> dict[str, Any]:
    """The problem without what is this request's alone."""
    body = answer.json() | {"trace_id": "", "status_code": answer.status_code}
    text: dict[str, Any] = {k: str(v).replace(row_id, "…") for k, v in body.items()}
    return text | {"headers": sorted(answer.headers.keys())}


@pytest.mark.parametrize(("service", "method", "path"), _OPERATIONS)
async def test_a_record_of_another_tenant_is_as_unknown_as_one_that_never_was(
    login: Login, foreign: dict[str, str], service: str, method: str, path: str
) -> None:
    admin = await login(service, "admin")
    body = _BODIES.get(path, _BODIES.get(path.rsplit("/", 1)[-1], {}))
    answers = []
    for row_id in (foreign[ROOTS[path.split("/")[2]]], str(ids.new())):
        answer = await admin.client.request(
            method,
            re.sub(r"\{\w+\}", row_id, path),
            json=body if method in {"POST", "PUT", "PATCH"} else None,
            headers={"if-match": '"1"'},
        )
        assert answer.status_code == 404, answer.text
        answers.append(_comparable(answer, row_id))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("aggregate", EXHIBITS)
async def test_lists_of_another_tenant_are_empty(
    login: Login, foreign: dict[str, str], aggregate: str
) -> None:
    exhibit = EXHIBITS[aggregate]
    admin = await login(exhibit.service, "admin")
    answer = await admin.get(f"{exhibit.path}?count=exact")
    assert answer.json() == {"items": [], "next_cursor": None, "total": 0}
    estimated = await admin.get(f"{exhibit.path}?count=estimated")
    assert estimated.json()["items"] == []
    shown = await admin.graphql(
        exhibit.service,
        f"query($id: UUID!) {{ {exhibit.one}(id: $id) {{ id }}"
        f" {exhibit.many} {{ nodes {{ id }} }} }}",
        id=foreign[aggregate],
    )
    assert shown == {"data": {exhibit.one: None, exhibit.many: {"nodes": []}}}


_REFERENCES = [
    ("account", "parent_id", "account"),
    ("activity", "lead_id", "lead"),
    ("lead", "channel_partner_id", "channel_partner"),
    ("channel_partner", "account_id", "account"),
    ("channel_partner", "owner_id", "member"),
    ("activity", "account_id", "account"),
    ("lead", "owner_id", "member"),
    ("account", "owner_id", "member"),
    ("lead", "campaign_id", "campaign"),
    ("lead", "referrer_id", "account"),
    ("campaign", "owner_id", "member"),
    ("campaign", "parent_id", "campaign"),
    ("capture_form", "campaign_id", "campaign"),
    ("capture_form", "owner_id", "member"),
    ("inbound_endpoint", "campaign_id", "campaign"),
    ("inbound_endpoint", "owner_id", "member"),
    ("enquiry", "owner_id", "member"),
    ("activity", "owner_id", "member"),
    ("opportunity", "owner_id", "member"),
    ("opportunity", "account_id", "account"),
    ("opportunity", "product_id", "product"),
    ("opportunity", "pipeline_id", "pipeline"),
    ("contract", "owner_id", "member"),
    ("member", "manager_id", "member"),
]


async def _events(caller: Caller) -> int:
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        found: int = await connection.fetchval("select count(*) from event")
    return found


@pytest.mark.parametrize(("aggregate", "field", "target"), _REFERENCES)
async def test_a_body_cannot_refer_to_a_record_of_another_tenant(
    login: Login, foreign: dict[str, str], aggregate: str, field: str, target: str
) -> None:
    exhibit = EXHIBITS[aggregate]
    admin = await login(exhibit.service, "admin")
    made = await admin.post(exhibit.path, json=_new(exhibit))
    assert made.status_code == 201, made.text
    before = await _events(admin)
    for row_id in (foreign[target], str(ids.new())):
        created = await admin.post(exhibit.path, json=_new(exhibit) | {field: row_id})
        assert created.status_code in {404, 422}, created.text
        if field == "pipeline_id":
            continue
        patched = await admin.patch(
            f"{exhibit.path}/{made.json()['id']}",
            json={field: row_id},
            headers={"if-match": '"1"'},
        )
        assert patched.status_code in {404, 422}, patched.text
    assert await _events(admin) == before


def _new(exhibit: Exhibit) -> dict[str, Any]:
    fresh = str(ids.new())
    return {
        name: value.replace("{fresh}", fresh) if isinstance(value, str) else value
        for name, value in (exhibit.new or {}).items()
    }


async def test_a_lead_is_not_converted_into_an_account_of_another_tenant(
    login: Login, foreign: dict[str, str]
) -> None:
    admin = await login("leads", "admin")
    lead = (await admin.post("/v1/leads", json={"company": "Acme", "source": "web"})).json()
    path = f"/v1/leads/{lead['id']}"
    assert (await admin.post(f"{path}/qualify", json={"intent": "a"})).status_code == 200
    refused = await admin.post(f"{path}/convert", json={"account_id": foreign["account"]})
    assert (refused.status_code, refused.json()["code"]) == (404, "account.not_found")
    assert (await admin.get(path)).json()["status"] == "qualified"


async def test_a_batch_finds_no_record_of_another_tenant_by_its_external_key(
    login: Login,
) -> None:
    data = {"company": "Acme", "source": "web", "external_system": "erp", "external_id": "7"}
    made = []
    for tenant in (ids.new(), ids.new()):
        admin = await login("leads", "admin", tenant=tenant)
        answer = await admin.post("/v1/leads/batch", json={"rows": [{"data": data}]})
        made.append(answer.json()["rows"][0])
    assert [row["status"] for row in made] == [201, 201]
    assert made[0]["id"] != made[1]["id"]


async def test_a_target_is_not_set_for_a_member_of_another_tenant(
    login: Login, foreign: dict[str, str]
) -> None:
    admin = await login("forecast", "admin")
    answer = await admin.put(f"/v1/targets/2026-11/{foreign['member']}", json={"amount": YUAN})
    assert answer.status_code == 422
    assert await _events(admin) == 0


async def test_a_cursor_of_another_tenant_is_no_cursor(login: Login) -> None:
    there, here = await login("leads", "admin", tenant=ids.new()), await login("leads", "admin")
    for caller in (there, here):
        for _ in range(2):
            await caller.post("/v1/leads", json={"company": "Acme", "source": "web"})
    cursor = (await there.get("/v1/leads?limit=1")).json()["next_cursor"]
    assert (await there.get(f"/v1/leads?limit=1&cursor={cursor}")).status_code == 200
    refused = await here.get(f"/v1/leads?limit=1&cursor={cursor}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "cursor.invalid")
    asked = await here.graphql(
        "leads", "query($a: String) { leads(first: 1, after: $a) { nodes { id } } }", a=cursor
    )
    assert asked["errors"][0]["extensions"]["code"] == "cursor.invalid"


async def test_an_idempotency_key_of_another_tenant_or_person_is_free(login: Login) -> None:
    me, elsewhere = ids.new(), ids.new()
    body, key = {"company": "Acme", "source": "web"}, {"idempotency-key": "once"}
    callers = [
        await login("leads", "admin", member=me),
        await login("leads", "admin", member=me, tenant=elsewhere),
        await login("leads", "admin", member=ids.new()),
    ]
    made = [await caller.post("/v1/leads", json=body, headers=key) for caller in callers]
    assert [answer.status_code for answer in made] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in made}) == 3
    assert not any("idempotency-replayed" in answer.headers for answer in made)


_READABLE = """
select c.relname, exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
      and has_column_privilege(current_user, c.oid, a.attnum, 'select')) as tenanted
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'crm') and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and has_any_column_privilege(current_user, c.oid, 'select')
"""
_NO_TENANTS = {
    "alembic_version",
    "ledger",
    "ledger_resumed",
    "ledger_root",
    "outbox",
    "published",
    "relay",
    "watermark",
}
"""What the app role may read though no tenant is bound: positions and signatures, never whose."""


@pytest.mark.parametrize("name", _NAMES)
async def test_without_a_tenant_the_app_role_sees_no_row_of_any_table(
    house: House, login: Login, foreign: dict[str, str], name: str
) -> None:
    (service,) = services([name])
    await login(name, "admin")
    async with (await house.system(name)).system() as connection:
        for cls in _records(service.tables):
            assert await connection.fetchval(f"select count(*) from {plan(cls).table}") >= 0
    app = await asyncpg.connect(house.settings(name).dsn(name, "app"))
    try:
        tables = {row["relname"]: row["tenanted"] for row in await app.fetch(_READABLE)}
        assert {table for table, tenanted in tables.items() if not tenanted} <= _NO_TENANTS
        assert {plan(cls).table for cls in _records(service.tables)} <= tables.keys()
        for table in tables.keys() - _NO_TENANTS:
            assert await app.fetchval(f"select count(*) from {table}") == 0, table
        role = await app.fetchrow("select * from pg_roles where rolname = current_user")
        assert role is not None
        assert (role["rolbypassrls"], role["rolsuper"]) == (False, False)
    finally:
        await app.close()


def _records(base: Any) -> list[Any]:
    return [cls for cls in base.__subclasses__() if hasattr(cls, "__table__")]


async def test_the_app_role_cannot_write_for_a_tenant_that_is_not_bound(
    house: House, tenant: UUID
) -> None:
    database = (await house.executor("leads")).database
    lead = EXHIBITS["lead"]
    for bound in (ids.new(), ids.new()):
        async with database.lend(bound) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await insert(connection, lead.cls, sample(lead.cls, tenant))
            assert await connection.execute("update lead set company = 'mine'") == "UPDATE 0"
            assert await connection.execute("delete from account") == "DELETE 0"


_TENANTS, _CONNECTIONS, _CALLERS, _ROUNDS = 5, 4, 24, 12


@pytest.mark.parametrize("seed_", [1, 2, 3])
async def test_cancelled_calls_never_leave_a_connection_bound_to_the_wrong_tenant(
    house: House, seed_: int
) -> None:
    await house.executor("leads")
    settings: Settings = house.settings("leads")
    database = await Database.open(settings.dsn("leads", "app"), size=_CONNECTIONS, name="mixed")
    executor = Executor(database, house.service("leads").policy)
    chance = random.Random(seed_)  # noqa: S311 - a story that repeats
    tenants = [ids.new() for _ in range(_TENANTS)]
    strangers: list[str] = []

    async def work(tenant: UUID) -> None:
        actor = Actor(tenant, ids.new(), frozenset({"admin"}))
        new = LeadCreate(company=f"of {tenant}", source="web")
        for _ in range(3):
            await executor.write(Call(actor), create_lead, new)
            async with database.lend(tenant) as connection:
                rows = await connection.fetch("select tenant_id, company from lead")
            strangers.extend(str(r) for r in rows if r["company"] != f"of {tenant}")
            strangers.extend(str(r) for r in rows if r["tenant_id"] != tenant)

    async def disturb(task: "asyncio.Task[None]", after: float) -> None:
        await asyncio.wait([task], timeout=after)
        task.cancel()

    for _ in range(_ROUNDS):
        tasks = [asyncio.create_task(work(chance.choice(tenants))) for _ in range(_CALLERS)]
        await asyncio.gather(*(disturb(task, chance.uniform(0, 0.15)) for task in tasks))
        done = await asyncio.gather(*tasks, return_exceptions=True)
        broken = [e for e in done if e and not isinstance(e, asyncio.CancelledError)]
        assert broken == []
    await database.close()
    assert strangers == []
    await _compare_writes(await house.system("leads"), tenants)


async def _compare_writes(database: Database, tenants: list[UUID]) -> None:
    """Every row lies with the tenant it was written for, and has its event; no half was left."""
    async with database.system() as connection:
        rows = await connection.fetch("select * from lead where tenant_id = any($1)", tenants)
        events = await connection.fetch(
            "select tenant_id, aggregate_id from event where tenant_id = any($1)", tenants
        )
    assert rows
    assert all(row["company"] == f"of {row['tenant_id']}" for row in rows)
    told = {(event["tenant_id"], event["aggregate_id"]) for event in events}
    assert told == {(row["tenant_id"], row["id"]) for row in rows}
