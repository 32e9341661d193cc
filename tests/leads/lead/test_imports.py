"""导入 files become leads: what is read, refused, resumed and undone."""

import asyncio
import io
import json
from contextlib import suppress
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from crmkit.components.jobs import importer
from crmkit.components.jobs.importer import take_batch
from crmkit.components.jobs.runner import JobRunner
from crmkit.kernel import ids
from crmkit.kernel.errors import Unavailable
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.commands import JOBS
from tests.leads.lead.killing import Cuts, expire, survived
from tests.leads.lead.test_custom import define
from tests.leads.samples import leads_of

PATH = "/v1/leads/imports"
CSV = {"content-type": "text/csv"}
DEFAULTS = json.dumps({"source": "file"})


async def bring(caller: Caller, body: bytes, status: int = 201, **options: str) -> dict[str, Any]:
    answer = await caller.post(
        PATH, content=body, params={"defaults": DEFAULTS} | options, headers=CSV
    )
    assert answer.status_code == status, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def worked(house: House, caller: Caller, job: dict[str, Any]) -> dict[str, Any]:
    """The job after turns of a worker, until it has ended."""
    runner, system = JobRunner(JOBS), await house.system("leads")
    path = f"/v1/leads/{job['kind']}s/{job['id']}"
    while True:
        await runner(caller.executor, system)
        shown: dict[str, Any] = (await caller.get(path)).json()
        if shown["state"] not in {"waiting", "running", "undoing"}:
            runner.close()
            return shown


async def brought(house: House, caller: Caller, body: bytes, **options: Any) -> dict[str, Any]:
    return await worked(house, caller, await bring(caller, body, **options))


async def count_of(caller: Caller) -> int:
    return int((await caller.get("/v1/leads?count=exact&limit=1")).json()["total"])


def people(rows: int) -> bytes:
    lines = ["公司名称,联系人,邮箱,预算,币种,编号"]
    lines += [f"第{n}公司,王{n},w{n}@example.cn,{n}.50,cny,{n}" for n in range(1, rows + 1)]
    return "\r\n".join(lines).encode()


async def test_a_file_becomes_leads_by_the_names_of_its_columns(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    done = await brought(house, seller, b"\xef\xbb\xbf" + people(3))
    assert (done["state"], done["total"], done["created"]) == ("done", 3, 3)
    leads = await leads_of(seller)
    assert [lead["company"] for lead in leads] == ["第1公司", "第2公司", "第3公司"]
    assert leads[0]["budget"] == {"amount": "1.50", "currency": "CNY"}
    assert {lead["owner_id"] for lead in leads} == {str(seller.actor.member_id)}
    history = (await seller.get(f"/v1/leads/{leads[0]['id']}/history")).json()["items"]
    assert [(entry["actor"], entry["cause"]) for entry in history] == [
        (f"member:{seller.actor.member_id}", done["id"])
    ]


async def test_a_file_in_gb18030_is_read_as_what_it_says(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    done = await brought(house, seller, people(2).decode().encode("gb18030"))
    assert done["options"]["encoding"] == "gb18030"
    assert [lead["contact_name"] for lead in await leads_of(seller)] == ["王1", "王2"]


def workbook(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


async def test_a_workbook_is_read_with_custom_fields_of_every_kind(
    house: House, login: Login
) -> None:
    admin = await login("leads", "admin")
    for kind in ("number", "day", "choice", "multi-choice", "bool", "money", "url", "text"):
        await define(admin, kind, kind)
    heads = ["company", "phone", "number", "day", "choice", "multi-choice", "bool"]
    heads += ["custom.money.amount", "custom.money.currency", "url", "text"]
    cells = ["Acme", 13800000000, 12.5, "2026年3月5日", "金牌", "Gold;tin", "是"]
    body = workbook(heads, [*cells, 1200.5, "cny", "https://a.example", 7.0])
    done = await brought(house, admin, body)
    assert (done["format"], done["created"], done["refused"]) == ("xlsx", 1, 0), done
    (lead,) = await leads_of(admin)
    assert lead["phone"] == "13800000000"
    assert lead["custom"] == {
        "number": "12.5",
        "day": "2026-03-05",
        "choice": "gold",
        "multi-choice": ["gold", "tin"],
        "bool": True,
        "money": {"amount": "1200.50", "currency": "CNY"},
        "url": "https://a.example",
        "text": "7",
    }


async def test_a_form_brings_the_file_with_its_options(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post(
        PATH,
        files={"file": ("leads.csv", b"Who,Where\nAcme,east\n")},
        data={"mapping": json.dumps({"Who": "company", "Where": "region"}), "defaults": DEFAULTS},
    )
    assert answer.status_code == 201, answer.text
    done = await worked(house, seller, answer.json())
    assert done["created"] == 1
    assert [lead["region"] for lead in await leads_of(seller)] == ["east"]


async def test_a_proposal_tells_what_each_column_might_be(login: Login) -> None:
    admin = await login("leads", "admin")
    await define(admin, "size", "number", label_zh="规模")
    body = "公司,规模,邮 箱,Zz\nAcme,5,a@b.cn,\n".encode()
    told = await bring(admin, body, 200, mapping="propose")
    assert told["mapping"] == {"公司": "company", "规模": "custom.size", "邮 箱": "email"}
    assert [c["looks_like"] for c in told["columns"]] == ["text", "number", "email", "empty"]
    assert told["columns"][0]["samples"] == ["Acme"]
    assert (told["key"], told["missing"]) == (None, ["source"])
    assert (await admin.get(PATH)).json()["items"] == []


async def test_a_column_that_nobody_named_is_known_by_what_it_holds(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    body = "公司,来源,乙,丙,客户编号\nAcme,fair,a@b.cn,13800000001,K1\n".encode()
    told = await bring(seller, body, 200, mapping="propose")
    mapping = {"公司": "company", "来源": "source", "乙": "email", "丙": "phone"}
    assert (told["mapping"], told["key"], told["missing"]) == (mapping, "客户编号", [])
    done = await brought(house, seller, body)
    assert done["options"]["mapping"] == mapping
    (lead,) = await leads_of(seller)
    assert (lead["email"], lead["phone"]) == ("a@b.cn", "13800000001")


async def test_an_import_goes_by_what_an_earlier_one_was_told(house: House, login: Login) -> None:
    """What is saved of a mapping is the import that had it, be it a dry run."""
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    told = {"mapping": json.dumps({"Who": "company", "Where": "region"}), "key": "No"}
    body = b"No,Who,Where\n1,Acme,east\n"
    saved = await brought(house, seller, body, dry_run="true", system="shop", **told)
    assert await leads_of(seller) == []
    for region in (b"north", b"south"):
        sent = await seller.post(
            PATH, content=body.replace(b"east", region), params={"like": saved["id"]}, headers=CSV
        )
        assert sent.status_code == 201, sent.text
        done = await worked(house, seller, sent.json())
        assert done["options"] == saved["options"] | {"dry_run": False}
    (lead,) = await leads_of(seller)
    assert (lead["region"], lead["external_system"], lead["external_id"]) == ("south", "shop", "1")
    mapping = json.dumps({"Where": "company"})
    changed = await bring(seller, body, like=saved["id"], mapping=mapping)
    assert changed["options"]["mapping"] == {"Where": "company"}
    assert changed["options"]["key"] == "No"
    assert (await bring(other, body, 422, like=saved["id"]))["code"] == "import.unknown"


async def test_refused_rows_are_told_with_their_numbers_and_reasons(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    body = b"company,email\nAcme,a@b.cn\n,x@y.cn\nBeta,nobody\n\n=cmd(),z@z\0.cn\nGamma,g@g.cn,,9\n"
    done = await brought(house, seller, body)
    assert (done["created"], done["refused"], done["done"]) == (1, 4, 6)
    errors = await seller.get(f"{PATH}/{done['id']}/errors")
    lines = errors.content.decode("utf-8-sig").replace("\0", "0").splitlines()
    assert lines[0] == "row,code,reason,company,email"
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "4", "6", "7"]
    assert lines[1].startswith("3,row.invalid,company:")
    assert "'=cmd()" in lines[3]


async def test_a_dry_run_checks_every_row_and_writes_none(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    done = await brought(house, seller, b"company\nAcme\n" + b"x" * 201 + b"\n", dry_run="true")
    assert (done["created"], done["refused"], done["done"]) == (1, 1, 2)
    assert await leads_of(seller) == []
    undo = await seller.post(f"{PATH}/{done['id']}/undo")
    assert (undo.status_code, undo.json()["code"]) == (409, "job.not_undoable")


async def test_a_key_makes_a_second_file_update_what_the_first_created(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    mapping = json.dumps({"name": "company", "need": "need"})
    first = b"id,name,need\n1,Acme,a\n2,Beta,b\n1,Acme,c\n"
    done = await brought(house, seller, first, mapping=mapping, key="id")
    assert (done["created"], done["updated"], done["refused"]) == (2, 1, 0)
    again = await brought(
        house, seller, b"id,name,need\n2,Beta,d\n3,New,e\n", mapping=mapping, key="id"
    )
    assert (again["created"], again["updated"]) == (1, 1)
    assert [(lead["company"], lead["need"]) for lead in await leads_of(seller)] == [
        ("Acme", "c"),
        ("Beta", "d"),
        ("New", "e"),
    ]


async def test_an_undone_import_takes_back_what_nobody_has_touched(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    done = await brought(house, seller, people(3))
    touched = (await leads_of(seller))[1]
    await seller.post(f"/v1/leads/{touched['id']}/work")
    assert (await seller.post(f"{PATH}/{done['id']}/undo")).json()["state"] == "undoing"
    undone = await worked(house, seller, done)
    assert (undone["state"], undone["undone"]) == ("undone", 2)
    assert [lead["id"] for lead in await leads_of(seller)] == [touched["id"]]
    assert (await seller.post(f"{PATH}/{done['id']}/undo")).status_code == 409


async def test_a_killed_import_goes_on_without_loss_and_without_doubling(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at every third batch, before it is written and after; a new worker takes over."""
    monkeypatch.setattr(importer, "BATCH", 50)
    seller = await login("leads", "sales_rep")
    job = await bring(seller, people(2000))
    cuts = Cuts(seller.executor, 6, 3)
    monkeypatch.setattr(seller.executor, "commit", cuts)
    shown = await survived(house, seller, job)
    assert cuts.count > 40
    assert (shown["state"], shown["done"], shown["created"]) == ("done", 2000, 2000)
    assert await count_of(seller) == 2000
    async with (await house.system("leads")).system() as connection:
        distinct = await connection.fetchval(
            "select count(distinct company) from lead where tenant_id = $1", seller.actor.tenant_id
        )
    assert distinct == 2000


async def test_no_row_is_refused_because_the_database_is_busy(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each second write finds no connection; the import waits for another turn, as an undo does."""
    seller = await login("leads", "sales_rep")
    job = await bring(seller, people(1200))
    system, commit, count = await house.system("leads"), seller.executor.commit, 0

    async def busy(tx: Any) -> None:
        nonlocal count
        count += 1
        if count % 2:
            raise Unavailable("the database is busy or away", code="database.away")
        await commit(tx)

    monkeypatch.setattr(seller.executor, "commit", busy)
    for wanted in ("done", "undone"):
        runner, shown = JobRunner(JOBS), job
        while shown["state"] != wanted:
            with suppress(Unavailable):
                await runner(seller.executor, system)
            shown = (await seller.get(f"{PATH}/{job['id']}")).json()
            assert (shown["refused"], shown["error"]) == (0, None)
        runner.close()
        await seller.post(f"{PATH}/{job['id']}/undo")
    assert (shown["created"], shown["undone"], await count_of(seller)) == (1200, 1200, 0)


async def test_two_workers_at_one_job_write_each_row_once(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 50)
    seller = await login("leads", "sales_rep")
    job = await bring(seller, people(300))
    system = await house.system("leads")

    async def hasty() -> None:
        runner = JobRunner(JOBS)
        while (await seller.get(f"{PATH}/{job['id']}")).json()["state"] in {"waiting", "running"}:
            await expire(system, job)
            await runner(seller.executor, system)
        runner.close()

    await asyncio.gather(hasty(), hasty())
    assert await count_of(seller) == 300


async def test_a_cancelled_import_stops_where_it_is(house: House, login: Login) -> None:
    seller = await login("leads", "sales_rep")
    job = await bring(seller, people(3))
    cancelled = await seller.post(f"{PATH}/{job['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    runner, system = JobRunner(JOBS), await house.system("leads")
    await runner(seller.executor, system)
    runner.close()
    assert await leads_of(seller) == []
    assert (await seller.post(f"{PATH}/{job['id']}/cancel")).json()["code"] == "job.ended"


async def test_an_import_needs_the_right_to_create_and_is_its_owners_alone(
    house: House, login: Login
) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    auditor, admin = await login("leads", "auditor"), await login("leads", "admin")
    await bring(auditor, people(1), 403)
    job = await bring(seller, people(1))
    path = f"{PATH}/{job['id']}"
    for suffix in ("", "/stream", "/errors"):
        assert (await other.get(path + suffix)).status_code == 404
        assert (await admin.get(path + "")).status_code == 200
    assert (await other.post(f"{path}/cancel")).status_code == 404
    assert (await seller.get(f"/v1/leads/exports/{job['id']}")).status_code == 404
    assert (await auditor.post(f"{path}/cancel")).status_code == 403


async def test_a_tenant_has_at_most_20_jobs_under_way(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for _ in range(20):
        await bring(seller, people(1))
    answer = await bring(seller, people(1), 429)
    assert answer["code"] == "lead_job.too_many"


async def stored(house: House, caller: Caller) -> list[str]:
    """The jobs, and those that never came to be, whose upload is there."""
    async with (await house.system("leads")).system() as connection:
        found = await connection.fetch(
            "select job_id from lead_job_part where tenant_id = $1 and kind = 'upload'",
            caller.actor.tenant_id,
        )
    return sorted(str(each["job_id"]) for each in found)


async def test_of_an_upload_that_is_refused_or_repeated_nothing_is_stored(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    key: dict[str, Any] = {
        "headers": CSV | {"idempotency-key": "once"},
        "params": {"defaults": DEFAULTS},
    }
    jobs = [(await seller.post(PATH, content=people(1), **key)).json()]
    jobs += [await bring(seller, people(1)) for _ in range(19)]
    for _ in range(2):
        await bring(seller, people(2), 429)
    again = await seller.post(PATH, content=people(1), **key)
    assert (again.status_code, again.json()) == (201, jobs[0])
    other = await seller.post(PATH, content=people(3), **key)
    assert other.json()["code"] == "idempotency.mismatch"
    assert await stored(house, seller) == sorted(job["id"] for job in jobs)


async def test_uploads_at_once_leave_nothing_but_those_of_jobs(house: House, login: Login) -> None:
    """All find room before they are stored; the last ones find none after."""
    seller = await login("leads", "sales_rep")
    key: dict[str, Any] = {
        "headers": CSV | {"idempotency-key": "once"},
        "params": {"defaults": DEFAULTS},
    }
    answers = await asyncio.gather(
        *(seller.post(PATH, content=people(1), **key) for _ in range(4)),
        *(
            seller.post(PATH, content=people(1), params={"defaults": DEFAULTS}, headers=CSV)
            for _ in range(26)
        ),
    )
    assert {answer.status_code for answer in answers} <= {201, 429}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert await stored(house, seller) == sorted(made)


def test_a_batch_ends_at_500_rows_or_at_a_mebibyte() -> None:
    """Cells count as UTF-8, and with them what fills a row up."""
    small = enumerate(["公司"] for _ in range(700))
    assert [len(take_batch(small)) for _ in range(3)] == [500, 200, 0]
    large = enumerate(["华" * 100_000] for _ in range(9))
    assert [len(take_batch(large)) for _ in range(4)] == [4, 4, 1, 0]
    filled = enumerate(["a"] for _ in range(30))
    assert [len(take_batch(filled, 100_000)) for _ in range(3)] == [11, 11, 8]


async def test_no_statement_of_an_import_of_long_rows_is_large(house: House, login: Login) -> None:
    """Sixty rows of which ten fill a batch, all of them refused, and so kept as they were sent."""
    seller = await login("leads", "sales_rep")
    body = b"company,zz\n" + b"".join(b",%s\n" % (b"x" * 100_000) for _ in range(60))
    done = await brought(house, seller, body)
    assert (done["state"], done["refused"]) == ("done", 60)
    async with (await house.system("leads")).system() as connection:
        largest = await connection.fetchval(
            "select max(length(data)) from lead_job_part where tenant_id = $1 and kind = 'result'",
            seller.actor.tenant_id,
        )
    assert 1024 * 1024 < largest < 1.2 * 1024 * 1024


async def test_the_same_key_brings_a_file_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    sent: dict[str, Any] = {"content": people(1), "params": {"defaults": DEFAULTS}}
    key = CSV | {"idempotency-key": "once"}
    first = await seller.post(PATH, headers=key, **sent)
    again = await seller.post(PATH, headers=key, **sent)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json() == again.json()
    other = await seller.post(PATH, headers=key, **(sent | {"content": people(2)}))
    assert other.json()["code"] == "idempotency.mismatch"


async def test_tenants_take_turns(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second tenant's small file does not wait for the first one's large one."""
    monkeypatch.setattr(importer, "BATCH", 5)
    monkeypatch.setattr("crmkit.components.jobs.runner._SLICE_SECONDS", 0.05)
    large = await login("leads", "sales_rep")
    small = await login("leads", "sales_rep", tenant=ids.new())
    first = await bring(large, people(2000))
    second = await bring(small, people(5))
    runner, system = JobRunner(JOBS), await house.system("leads")
    while (await small.get(f"{PATH}/{second['id']}")).json()["state"] != "done":
        await runner(large.executor, system)
    assert (await large.get(f"{PATH}/{first['id']}")).json()["state"] in {"waiting", "running"}
    await large.post(f"{PATH}/{first['id']}/cancel")
    runner.close()


def bomb() -> bytes:
    """A workbook whose sheet is 200 MiB of nothing, and which says that it is small."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive, archive.open("xl/x.xml", "w") as part:
        for _ in range(200):
            part.write(bytes(1024 * 1024))
    body = bytearray(out.getvalue())
    size = body.rindex(b"PK\x01\x02") + 24
    body[size : size + 4] = (100).to_bytes(4, "little")
    return bytes(body)


async def test_a_workbook_that_grows_beyond_measure_is_refused(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    sent = bomb()
    assert len(sent) < 1024 * 1024
    refused = await bring(seller, sent, 422)
    assert refused["code"] == "import.malformed"
    assert "inflated" in refused["detail"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"mapping": "{"}, "import.options"),
        ({"mapping": '{"company": "compny"}'}, "mapping.unknown_field"),
        ({"mapping": '{"compny": "company"}'}, "mapping.unknown_column"),
        ({"mapping": '{"company": "status"}'}, "mapping.unknown_field"),
        ({"key": "nr"}, "mapping.unknown_column"),
        ({"colour": "red"}, "import.options"),
        ({"dry_run": "perhaps"}, "import.options"),
        ({"defaults": '{"tenant_id": "x"}'}, "mapping.unknown_field"),
    ],
)
async def test_options_nobody_knows_are_refused(login: Login, wrong: Any, code: str) -> None:
    seller = await login("leads", "sales_rep")
    assert (await bring(seller, b"company\nAcme\n", 422, **wrong))["code"] == code


async def test_only_sheets_are_taken(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post(PATH, json={"company": "Acme"})
    assert (answer.status_code, answer.json()["code"]) == (415, "body.media_type")


async def test_a_job_that_cannot_be_done_fails_and_stands_in_nobodys_way(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    job = await bring(seller, people(1))
    system = await house.system("leads")
    async with system.system() as connection:
        await connection.execute("update lead_job set options = '{}' where id = $1", job["id"])
    failed = await worked(house, seller, job)
    assert (failed["state"], failed["error"]) == (
        "failed",
        "something went wrong that should not",
    )
    assert (await brought(house, seller, people(1)))["state"] == "done"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "import.malformed"),
        (b'company\n"never closed\n' + b"x\n" * 100, "import.malformed"),
        (b'company\n"a"b\n', "import.malformed"),
        (b",".join(b"c%d" % n for n in range(1_000_000)), "import.malformed"),
        (b"a,a\n1,2\n", "import.malformed"),
        (b"company\n" + b"x" * (1024 * 1024 + 1), "import.malformed"),
        ("company\nAcme".encode("utf-16"), "import.malformed"),
        (b"company\n\x81\xff\xff", "import.malformed"),
        (b"PK\x03\x04 no workbook", "import.malformed"),
        (b"zz\n1\n", "mapping.empty"),
    ],
)
async def test_a_hostile_file_is_refused_before_there_is_a_job(
    login: Login, body: bytes, code: str
) -> None:
    seller = await login("leads", "sales_rep")
    refused = await bring(seller, body, 422)
    assert refused["code"] == code
    assert (await seller.get(PATH)).json()["items"] == []
