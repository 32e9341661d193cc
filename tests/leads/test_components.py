"""Own fields, imports and exports, of each kind of record that has them: one component, many rooms.

What the component does is tested with leads; here, that each room has put it in whole.
"""

import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from crmkit.components.jobs.runner import JobRunner
from crmkit.components.jobs.subject import Jobs
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.commands import JOBS as ACCOUNT_JOBS
from services.leads.activity.commands import JOBS as ACTIVITY_JOBS
from services.leads.contact.commands import JOBS as CONTACT_JOBS
from services.leads.feedback.commands import JOBS as FEEDBACK_JOBS
from services.leads.reception.commands import JOBS as VISIT_JOBS
from tests.leads.samples import HISTORY, made, new_account, qualified_lead

Body = dict[str, Any]
CSV = {"content-type": "text/csv"}


@dataclass(frozen=True)
class Room:
    """One kind of record: where it is, what a new one is, and what files call its columns."""

    name: str
    plural: str
    title: str
    new: Callable[[Caller], Awaitable[Body]]
    jobs: Jobs
    file: str

    @property
    def path(self) -> str:
        return f"/v1/{self.plural}"


async def _account(_: Caller) -> Body:
    return {"name": "Acme"}


async def _contact(caller: Caller) -> Body:
    return {"name": "王静", "account_id": (await new_account(caller))["id"]}


async def _activity(_: Caller) -> Body:
    return {"kind": "call", "subject": "Hello", "due_at": "2030-01-01T00:00:00Z"}


ROOMS = [
    Room("account", "accounts", "name", _account, ACCOUNT_JOBS, "客户名称"),
    Room("contact", "contacts", "name", _contact, CONTACT_JOBS, "姓名"),
    Room("activity", "activities", "subject", _activity, ACTIVITY_JOBS, "主题"),
]
EACH = pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.plural)


async def define(admin: Caller, room: Room, **more: Any) -> Body:
    body = {"key": "size", "kind": "number", "label_zh": "规模", "label_en": "Size", **more}
    return await made(admin, f"{room.path}/custom-fields", body)


async def run(house: House, caller: Caller, jobs: Jobs, path: str, job: Body) -> Body:
    """The job after turns of a worker, until it has ended."""
    runner, system = JobRunner(jobs), await house.system("leads")
    while True:
        await runner(caller.executor, system)
        shown: Body = (await caller.get(f"{path}/{job['kind']}s/{job['id']}")).json()
        if shown["state"] not in {"waiting", "running", "undoing"}:
            runner.close()
            return shown


async def bring(
    house: House, caller: Caller, room: Room, text: str, **options: str
) -> tuple[Body, str]:
    """The import after it has ended, and its refused rows."""
    path = f"{room.path}/imports"
    answer = await caller.post(path, content=text.encode(), params=options, headers=CSV)
    assert answer.status_code == 201, answer.text
    job = await run(house, caller, room.jobs, room.path, answer.json())
    return job, (await caller.get(f"{path}/{job['id']}/errors")).text


async def rows_of(caller: Caller, path: str, job: Body) -> list[list[str]]:
    answer = await caller.get(f"{path}/exports/{job['id']}/file")
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@EACH
async def test_each_carries_own_fields_through_every_door(login: Login, room: Room) -> None:
    admin = await login("leads", "admin")
    await define(admin, room)
    new = await room.new(admin)
    refused = await admin.post(room.path, json=new | {"custom": {"sise": "1"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "custom.unknown")
    record = await made(admin, room.path, new | {"custom": {"size": "12.50"}})
    assert record["custom"] == {"size": "12.5"}
    patch, path = {"custom": {"size": "20"}}, f"{room.path}/{record['id']}"
    changed = await admin.patch(path, json=patch, headers={"if-match": '"1"'})
    assert changed.json()["custom"] == {"size": "20"}
    told = (await admin.get(f"{path}/history")).json()["items"][0]
    assert told["changed"] == {"custom": [{"size": "12.5"}, {"size": "20"}]}
    for asked, found in (("size_gte=20", 1), ("size_gt=20", 0), ("size_null=true", 0)):
        answer = await admin.get(f"{room.path}?custom.{asked}")
        assert len(answer.json()["items"]) == found, asked
    ask = f'{{ {room.plural}(filter: {{custom: {{size: "20"}}}}) {{ nodes {{ custom }} }} }}'
    nodes = (await admin.graphql("leads", ask))["data"][room.plural]["nodes"]
    assert nodes == [{"custom": {"size": "20"}}]
    then = await admin.get(path, params={"as_of": record["updated_at"]})
    assert then.json()["custom"] == {"size": "12.5"}


@EACH
async def test_each_comes_from_a_file_and_goes_into_one(
    house: House, login: Login, room: Room
) -> None:
    admin = await login("leads", "admin")
    await define(admin, room)
    given = {k: v for k, v in (await room.new(admin)).items() if k not in (room.title, "due_at")}
    options = {"defaults": json.dumps(given)} if given else {}
    text = f"{room.file},规模\nFirst,5\nSecond,many\n,7\n"
    job, errors = await bring(house, admin, room, text, **options)
    assert (job["state"], job["created"], job["refused"]) == ("done", 1, 2)
    assert [line.split(",")[0] for line in errors.splitlines()[1:]] == ["3", "4"]
    wanted = {"columns": [room.title, "custom.size"], "filter": {"custom.size": "5"}}
    asked = await made(admin, f"{room.path}/exports", wanted)
    done = await run(house, admin, room.jobs, room.path, asked)
    assert await rows_of(admin, room.path, done) == [[room.title, "custom.size"], ["First", "5"]]
    stream = await admin.get(f"{room.path}/exports/{done['id']}/stream")
    assert f"id: {done['version']}\nevent: done\n" in stream.text


async def test_an_import_of_accounts_updates_those_it_knows_and_is_taken_back(
    house: House, login: Login
) -> None:
    admin, room = await login("leads", "admin"), ROOMS[0]
    for industry, outcome in (("steel", "created"), ("glass", "updated")):
        text = f"编号,客户名称,行业\n7,Acme,{industry}\n"
        job, _ = await bring(house, admin, room, text, key="编号", system="erp")
        assert job[outcome] == 1
    (account,) = (await admin.get("/v1/accounts")).json()["items"]
    assert (account["industry"], account["external_id"]) == ("glass", "7")
    job, _ = await bring(house, admin, room, "客户名称\nBeta\n")
    undoing = await admin.post(f"/v1/accounts/imports/{job['id']}/undo")
    job = await run(house, admin, room.jobs, room.path, undoing.json())
    assert (job["state"], job["undone"]) == ("undone", 1)
    assert len((await admin.get("/v1/accounts")).json()["items"]) == 1


async def test_contacts_name_their_account_as_their_file_does(house: House, login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    for caller, name in ((seller, "Acme"), (seller, "Twin"), (seller, "Twin")):
        await new_account(caller, name=name)
    known = await new_account(seller, name="Erp", external_system="erp", external_id="7")
    room = ROOMS[1]
    text = "姓名,客户名称\n王静,Acme\n李磊,Twin\n张三,Nobody\n"
    job, errors = await bring(house, seller, room, text)
    assert (job["created"], job["options"]["mapping"]["客户名称"]) == (1, "account.name")
    told = [line.split(",")[:2] for line in errors.splitlines()[1:]]
    assert told == [["3", "reference.ambiguous"], ["4", "reference.none"]]
    text = "姓名,客户编号\n赵四,7\n"
    job, _ = await bring(house, seller, room, text, system="erp")
    assert job["created"] == 1
    (found,) = (await seller.get(f"/v1/contacts?account_id={known['id']}")).json()["items"]
    assert found["name"] == "赵四"
    job, errors = await bring(house, seller, room, text, system="crm")
    assert (job["refused"], errors.splitlines()[1].split(",")[1]) == (1, "reference.none")
    proposed = await other.post(
        f"{room.path}/imports",
        content=text.encode(),
        params={"mapping": "propose"},
        headers=CSV,
    )
    assert proposed.json()["missing"] == []


async def test_a_file_names_no_record_its_owner_does_not_see(house: House, login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    lead = {"company": "Acme", "source": "web", "external_system": "erp", "external_id": "7"}
    await made(seller, "/v1/leads", lead)
    text = "类型,主题,线索编号\ncall,Hello,7\n"
    for caller, created in ((other, 0), (seller, 1)):
        job, _ = await bring(house, caller, ROOMS[2], text, system="erp")
        assert job["created"] == created
    (found,) = (await seller.get("/v1/activities")).json()["items"]
    assert found["lead_id"] is not None


async def test_a_file_says_when_activities_took_place(house: House, login: Login) -> None:
    room, text = ROOMS[2], "类型,主题,日期\ncall,Hello,2026-03-04 09:30\n"
    seller = await login("leads", "sales_rep")
    job, errors = await bring(house, seller, room, text)
    assert (job["refused"], errors.splitlines()[1].split(",")[1]) == (1, "history.forbidden")
    keeper = await login("leads", "sales_rep", scopes=[HISTORY])
    assert (await bring(house, keeper, room, text))[0]["created"] == 1
    (found,) = (await keeper.get("/v1/activities")).json()["items"]
    assert (found["status"], found["done_at"]) == ("done", "2026-03-04T09:30:00Z")


async def test_activities_stay_once_they_are_there_and_have_no_key(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = "/v1/activities/imports"
    text = "编号,类型,主题\n1,call,Hello\n".encode()
    answer = await seller.post(path, content=text, params={"key": "编号"}, headers=CSV)
    assert (answer.status_code, answer.json()["code"]) == (422, "import.keyless")
    proposed = await seller.post(path, content=text, params={"mapping": "propose"}, headers=CSV)
    assert (proposed.json()["key"], proposed.json()["missing"]) == (None, [])
    assert {"check_in", "next_step"}.isdisjoint(proposed.json()["fields"])
    job = (await seller.post(path, content=text, headers=CSV)).json()
    undone = await seller.post(f"{path}/{job['id']}/undo")
    assert undone.status_code == 404


async def test_the_register_of_visitors_is_exported(house: House, login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    for caller, name, phone in ((seller, "王静", "13800000001"), (other, "李磊", "13800000002")):
        body = {"name": name, "phone": phone, "site": "A1", "source": "walk-in"}
        await made(caller, "/v1/visits", body)
    wanted = {"columns": ["name", "phone", "is_first"], "filter": {"site": "A1"}}
    job = await made(seller, "/v1/visits/exports", wanted)
    job = await run(house, seller, VISIT_JOBS, "/v1/visits", job)
    assert await rows_of(seller, "/v1/visits", job) == [
        ["name", "phone", "is_first"],
        ["王静", "13800000001", "true"],
    ]
    assert (await other.get(f"/v1/visits/exports/{job['id']}/file")).status_code == 404
    assert (await seller.post("/v1/visits/imports")).status_code in {404, 405}
    export = """mutation { exportVisits(input: {columns: ["name"]}) {
      ... on VisitJob { kind state } ... on Problem { code } } }"""
    answer = await seller.graphql("leads", export)
    assert answer["data"]["exportVisits"] == {"kind": "EXPORT", "state": "WAITING"}


async def test_the_register_of_visitors_has_the_columns_of_the_paper_one(
    house: House, login: Login
) -> None:
    """《来访客户登记表》: when, where, who, their number, source, budget, and who received them."""
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    when, me = "2026-03-02T09:00:00Z", str(seller.actor.member_id)
    budget = {"amount": "2000000.00", "currency": "CNY"}
    body = {"name": "王静", "phone": "13800000001", "site": "A1", "source": "walk-in"}
    said = {"budget": budget, "need": "三居室", "companions": 2}
    await made(seller, "/v1/visits", body | said, occurred_at=when)
    register = ["visited_at", "site", "name", "phone", "source", "budget", "need", "companions"]
    wanted = {"columns": [*register, "owner_id"], "filter": {"source": "walk-in"}}
    job = await made(seller, "/v1/visits/exports", wanted)
    job = await run(house, seller, VISIT_JOBS, "/v1/visits", job)
    head, row = await rows_of(seller, "/v1/visits", job)
    told = dict(zip(head, row, strict=True))
    assert told == {name: body[name] for name in ("site", "name", "phone", "source")} | {
        "visited_at": when,
        "budget.amount": "2000000.00",
        "budget.currency": "CNY",
        "need": "三居室",
        "companions": "2",
        "owner_id": me,
    }


async def test_feedback_is_exported_as_its_reader_sees_it(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo")
    manager = await login("leads", "sales_manager", team="cn/east")
    said = {"kind": "price", "cost": "high", "details": "Too dear", "unnamed": True}
    await made(seller, "/v1/feedback", said)
    wanted = {"columns": ["kind", "sender_id", "owner_id"], "filter": {"kind": "price"}}
    for caller, owner_id in ((seller, ""), (manager, str(seller.actor.member_id))):
        job = await made(caller, "/v1/feedback/exports", wanted)
        job = await run(house, caller, FEEDBACK_JOBS, "/v1/feedback", job)
        assert (await rows_of(caller, "/v1/feedback", job))[1:] == [["price", "", owner_id]]


async def test_a_view_is_exported_as_it_is_saved(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for name, industry in (("B", "steel"), ("A", "steel"), ("C", "glass")):
        await new_account(seller, name=name, industry=industry)
    view = await made(
        seller,
        "/v1/accounts/views",
        {
            "name": "Mine",
            "filter": {"industry": "steel", "owner_id": "me"},
            "sort": "-name",
            "fields": ["name", "industry"],
        },
    )
    asked = {"filter": {"view": view["id"]}}
    job = await made(seller, "/v1/accounts/exports", asked)
    assert job["options"] == {
        "filter": {"sort": "-name", "industry": "steel", "owner_id": str(seller.actor.member_id)},
        "columns": ["name", "industry"],
    }
    assert (await seller.delete(f"/v1/accounts/views/{view['id']}")).status_code == 204
    job = await run(house, seller, ACCOUNT_JOBS, "/v1/accounts", job)
    assert (await rows_of(seller, "/v1/accounts", job))[1:] == [["B", "steel"], ["A", "steel"]]
    gone = await seller.post("/v1/accounts/exports", json=asked)
    assert gone.status_code == 404


async def test_nobody_is_asked_for_own_fields_where_accounts_open_by_themselves(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    for room in ROOMS[:2]:
        await define(admin, room, required=True)
    refused = await admin.post("/v1/accounts", json={"name": "Acme"})
    assert (refused.status_code, refused.json()["code"]) == (422, "field.missing")
    lead = await qualified_lead(admin, contact_name="王静")
    converted = await made(admin, f"/v1/leads/{lead['id']}/convert", {"contact": True})
    account = (await admin.get(f"/v1/accounts/{converted['account_id']}")).json()
    contact = (await admin.get(f"/v1/contacts/{converted['contact_id']}")).json()
    assert account["custom"] == contact["custom"] == {}


async def test_an_activity_is_logged_and_completed_with_own_fields(login: Login) -> None:
    admin, room = await login("leads", "admin"), ROOMS[2]
    await define(admin, room)
    logged = {"kind": "call", "subject": "x", "custom": {"size": "1"}}
    assert (await made(admin, "/v1/activities/log", logged))["custom"] == {"size": "1"}
    planned = await made(admin, room.path, await room.new(admin) | {"custom": {"size": "2"}})
    path = f"{room.path}/{planned['id']}/complete"
    assert (await made(admin, path, {"custom": {"size": "3"}}))["custom"] == {"size": "3"}
    other = await made(admin, room.path, await room.new(admin) | {"custom": {"size": "2"}})
    done = await made(admin, f"{room.path}/{other['id']}/complete", {})
    assert (done["status"], done["custom"]) == ("done", {"size": "2"})


async def test_merged_accounts_keep_the_own_fields_that_were_chosen(login: Login) -> None:
    admin = await login("leads", "admin")
    await define(admin, ROOMS[0])
    target, source = [await new_account(admin, custom={"size": size}) for size in ("1", "2")]
    merge = {"sources": [source["id"]], "fields": {"custom": source["id"]}}
    merged = await made(admin, f"/v1/accounts/{target['id']}/merge", merge)
    assert merged["custom"] == {"size": "2"}
    found = (await admin.get("/v1/accounts?custom.size=2")).json()["items"]
    assert [each["id"] for each in found] == [target["id"]]
