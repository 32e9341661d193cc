"""Imports of small made-up files into leads, through its API."""

import csv
import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from crmkit.kernel import ids
from crmkit.remote.api import Api, Refused
from crmkit.remote.importing import Import
from crmkit.remote.mapping import File, Source, Step
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login

COLUMNS = ("key", "name", "parent", "employees", "revenue")
ACCOUNTS = File(
    name="accounts.csv",
    to="/v1/accounts",
    key="key",
    fields={
        "name": "name",
        "parent_id": {"ref": "accounts.csv", "column": "parent"},
        "employees": {"column": "employees", "as": "integer"},
        "annual_revenue": {"amount": "revenue", "currency": "CNY"},
    },
)
Rows = Sequence[Mapping[str, str]]
KEYS = st.sampled_from("abcdef")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "key": KEYS | st.just(""),
            "name": st.sampled_from(("华星", "Acme", " ", "x" * 300, "a\0b")),
            "parent": st.just("") | KEYS | st.just("nobody"),
            "employees": st.sampled_from(("", "12", "-1", "dozen")),
            "revenue": st.sampled_from(("", "10.5", "1e9", "NaN", "1,000")),
        }
    ),
    max_size=12,
)


class Run:
    """One import, and what it left."""

    def __init__(self, tally: Tally, refused: list[dict[str, str]]) -> None:
        self.tally = tally
        self.refused = refused

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return sorted((int(row["number"]), row["reason"]) for row in self.refused)


async def run(caller: Caller, content: bytes, file: File = ACCOUNTS) -> Run:
    """Import one file of that content."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / file.name).write_bytes(content)
        source = Source("made-up", "made-up", (file,))
        tallies = await imported(caller, source, folder, Refusals(folder / "errors.csv"))
        return Run(tallies[file.name], _errors(folder / "errors.csv"))


async def imported(
    caller: Caller, source: Source, folder: Path, refusals: Refusals
) -> dict[str, Tally]:
    api = Api("http://test", "")
    await api.http.aclose()
    api.http = caller.client
    progress = Progress(console=Console(quiet=True))
    return await Import(api, source, folder, refusals, progress).run()


def _errors(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def written(rows: Rows, columns: Sequence[str] = COLUMNS) -> bytes:
    lines = [",".join(columns)]
    lines += [",".join(f'"{row.get(name, "")}"' for name in columns) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode()


def row(key: str, parent: str = "", **others: str) -> dict[str, str]:
    return {"key": key, "name": f"account {key}", "parent": parent} | others


@pytest.fixture
async def admin(house: House, login: Login) -> Caller:
    await house.work("leads")
    return await login("leads", "admin")


async def names_of(caller: Caller) -> list[str]:
    found = (await caller.get("/v1/accounts", params={"limit": 100})).json()["items"]
    return sorted(account["name"] for account in found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_files_are_read_in_their_encoding_named_or_not(admin: Caller, encoding: str) -> None:
    content = "key,name,parent,employees,revenue\r\n1,上海精工,,12,\r\n".encode(encoding)
    done = await run(admin, content)
    assert done.tally == Tally(rows=1, created=1)
    assert await names_of(admin) == ["上海精工"]
    named = replace(ACCOUNTS, encoding=encoding)
    assert (await run(admin, content, named)).tally == Tally(rows=1, merged=1)


async def test_a_packed_file_is_unpacked(admin: Caller) -> None:
    packed = replace(ACCOUNTS, name="accounts.csv.gz", fields={"name": "name"})
    done = await run(admin, gzip.compress(written([row("a"), row("b")])), packed)
    assert done.tally == Tally(rows=2, created=2)


class Breaking(httpx.AsyncBaseTransport):
    """Passes on so many batches, and is gone then."""

    def __init__(self, behind: httpx.AsyncBaseTransport, batches: int) -> None:
        self.behind = behind
        self.left = batches

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/batch"):
            self.left -= 1
            if self.left < 0:
                raise httpx.ConnectError("gone")
        return await self.behind.handle_async_request(request)


async def test_an_import_that_was_broken_off_is_begun_again_and_doubles_nothing(
    house: House, admin: Caller
) -> None:
    content = written([row(str(n), employees="" if n else "many") for n in range(1300)])
    plain = replace(ACCOUNTS, fields={"name": "name", "employees": ACCOUNTS.fields["employees"]})
    transport = admin.client._transport
    admin.client._transport = Breaking(transport, batches=2)
    with pytest.raises(Refused, match="nobody answers"):
        await run(admin, content, plain)
    admin.client._transport = transport
    done = await run(admin, content, plain)
    assert done.tally == Tally(rows=1300, created=300, merged=999, refused=1)


async def test_rows_may_refer_to_rows_further_down(admin: Caller) -> None:
    chain = [row("a", "b"), row("b", "c"), row("c", "d"), row("d")]
    done = await run(admin, written(chain))
    assert done.tally == Tally(rows=4, created=4)
    again = await run(admin, written(chain[::-1]))
    assert again.tally == Tally(rows=4, merged=4)


async def test_rows_that_refer_in_a_circle_are_refused(admin: Caller) -> None:
    done = await run(admin, written([row("a", "b"), row("b", "a"), row("c", "c"), row("d")]))
    assert done.tally == Tally(rows=4, created=1, refused=3)
    assert {reason for _, reason in done.reasons} == {"refers in a circle"}


async def test_a_row_that_refers_to_a_refused_one_is_refused_with_it(admin: Caller) -> None:
    done = await run(admin, written([row("a", "b"), row("b", employees="many")]))
    assert done.reasons == [
        (2, "'b' of accounts.csv was refused"),
        (3, "'many' is no integer"),
    ]


async def test_refused_rows_are_named_by_line_with_their_reason(admin: Caller) -> None:
    rows = [row("a", revenue="1,000"), row("b"), row("c", "nobody"), row("d", revenue="-5.001")]
    done = await run(admin, written(rows))
    assert done.tally == Tally(rows=4, created=1, refused=3)
    lines = [line for line, _ in done.reasons]
    assert lines == [2, 4, 5]
    assert done.reasons[1] == (4, "'nobody' is not in accounts.csv")
    assert "amount" in done.reasons[0][1]


TENANT = {"name": "华星", "time_zone": "Asia/Shanghai", "base_currency": "CNY"}
"""What the API of leads alone refuses to set up: an import that gets as far says so."""


async def test_missing_columns_are_told_once_before_anything_is_written(
    admin: Caller, tmp_path: Path
) -> None:
    (tmp_path / "accounts.csv").write_bytes(written([row("a")], columns=("key", "name")))
    money = {"amount": "worth", "currency": {"column": "coin"}}
    steps = (Step("lose", {"parent": "x"}, {"reason": {"template": "{why}"}}, "lost_on"),)
    other = replace(ACCOUNTS, name="others.csv", fields={"annual_revenue": money}, then=steps)
    (tmp_path / "others.csv").write_bytes(b"key,name\n1,one\n")
    with pytest.raises(Refused) as refused:
        await begun(admin, tmp_path, ACCOUNTS, other)
    assert str(refused.value) == (
        "accounts.csv: there is no column 'parent', 'employees', 'revenue';"
        " others.csv: there is no column 'worth', 'coin', 'lost_on'"
    )


async def test_a_file_that_is_not_there_is_told_before_anything_is_written(
    admin: Caller, tmp_path: Path
) -> None:
    (tmp_path / "accounts.csv").write_bytes(written([row("a")]))
    with pytest.raises(Refused, match=r"others\.csv cannot be read: .*No such file"):
        await begun(admin, tmp_path, ACCOUNTS, replace(ACCOUNTS, name="others.csv"))
    with pytest.raises(Refused, match="lies outside of the folder"):
        await begun(admin, tmp_path, ACCOUNTS, replace(ACCOUNTS, name="../others.csv"))
    with pytest.raises(FileNotFoundError, match=r"nowhere/errors\.csv"):
        await begun(admin, tmp_path, ACCOUNTS, errors="nowhere/errors.csv")
    with pytest.raises(Refused, match="PUT /v1/tenant"):
        await begun(admin, tmp_path, ACCOUNTS)


async def begun(
    caller: Caller, folder: Path, *files: File, errors: str = "errors.csv"
) -> dict[str, Tally]:
    """Import the files of a folder, for a tenant that is to be set up first."""
    source = Source("made-up", "made-up", files, TENANT)
    return await imported(caller, source, folder, Refusals(folder / errors))


async def test_the_errors_of_an_earlier_import_are_gone_with_the_next(
    admin: Caller, tmp_path: Path
) -> None:
    errors, source = tmp_path / "errors.csv", Source("made-up", "made-up", (ACCOUNTS,))
    for wrong, is_told in ((True, True), (False, False)):
        rows = [row("a"), row("b", revenue="1,000" if wrong else "1000")]
        (tmp_path / "accounts.csv").write_bytes(written(rows))
        await imported(admin, source, tmp_path, Refusals(errors))
        assert errors.exists() is is_told
    linked = tmp_path / "null"
    linked.symlink_to("/dev/null")
    await imported(admin, source, tmp_path, Refusals(linked))
    assert linked.is_symlink()


async def test_rows_of_another_length_are_refused(admin: Caller) -> None:
    content = b"key,name,parent,employees,revenue\n1,one\n2,two,,,,surplus\n3,three,,,\n"
    done = await run(admin, content)
    assert done.tally == Tally(rows=3, created=1, refused=2)
    assert [line for line, _ in done.reasons] == [2, 3]


async def test_changed_rows_are_updated_and_the_others_merged(admin: Caller) -> None:
    await run(admin, written([row("a"), row("b")]))
    done = await run(admin, written([row("a", name="renamed"), row("b"), row("c")]))
    assert done.tally == Tally(rows=3, created=1, updated=1, merged=1)
    assert await names_of(admin) == ["account b", "account c", "renamed"]


async def test_a_file_in_another_encoding_than_named_is_refused_in_one_line(admin: Caller) -> None:
    content = "key,name\n1,上海\n".encode("gb18030")
    with pytest.raises(Refused, match="cannot be read"):
        await run(admin, content, replace(ACCOUNTS, encoding="utf-8"))


async def test_rows_of_one_name_become_one_record_and_what_differs_is_told(admin: Caller) -> None:
    rows = [row("a", name="Acme", employees=""), row("b", name="Beta")]
    rows += [row("c", name=" ACME ", employees="12"), row("d", name="acme", employees="13")]
    rows += [row("e", "d", name="Child"), row("f", name=""), row("g", name="")]
    done = await run(admin, written(rows), replace(ACCOUNTS, same="name"))
    assert done.tally == Tally(rows=7, created=3, merged=2, refused=2)
    told = [(each["code"], each["number"], each["reason"]) for each in done.refused]
    assert max(told) == ("row.merged", "5", "not taken: employees: '13'")
    assert sorted(number for _, number, _ in told) == ["5", "7", "8"]
    found = (await admin.get("/v1/accounts", params={"sort": "name"})).json()["items"]
    assert [(each["name"], each["employees"]) for each in found] == [
        ("Acme", 12),
        ("Beta", None),
        ("Child", None),
    ]
    assert found[2]["parent_id"] == found[0]["id"]
    again = await run(admin, written(rows), replace(ACCOUNTS, same="name"))
    assert again.tally == Tally(rows=7, merged=5, refused=2)


async def test_a_row_that_is_one_with_a_refused_one_is_refused_with_it(admin: Caller) -> None:
    rows = [row("a", name="Acme", employees="many"), row("b", name="Acme")]
    done = await run(admin, written(rows), replace(ACCOUNTS, same="name"))
    assert done.tally == Tally(rows=2, refused=2)
    assert done.reasons == [(2, "'many' is no integer"), (3, "one with 'a': was refused")]


async def test_a_column_by_which_rows_are_one_must_be_there(admin: Caller) -> None:
    with pytest.raises(Refused, match="there is no column 'title'"):
        await run(admin, written([row("a")]), replace(ACCOUNTS, same="title"))


async def test_rows_without_a_key_are_known_by_what_they_say(admin: Caller) -> None:
    keyless = replace(ACCOUNTS, key="", fields={"name": "name"})
    rows = [row("a", name="Acme"), row("b", name="Acme"), row("a", name="Acme")]
    assert (await run(admin, written(rows), keyless)).tally == Tally(rows=3, created=2, merged=1)
    assert (await run(admin, written(rows), keyless)).tally == Tally(rows=3, merged=3)


LEADS = File(
    name="leads.csv",
    to="/v1/leads",
    key="key",
    fields={"company": "name", "source": {"value": "file"}},
    custom={
        "seats": {"column": "employees", "kind": "number", "zh": "席位"},
        "hot": {"column": "parent", "as": "boolean", "kind": "bool", "zh": "热", "en": "Hot"},
    },
)


async def test_own_fields_that_a_mapping_needs_are_made_once(admin: Caller) -> None:
    rows = [row("1", "yes", employees="12"), row("2", "No"), row("3", "perhaps")]
    done = await run(admin, written(rows), LEADS)
    assert done.tally == Tally(rows=3, created=2, refused=1)
    assert done.reasons == [(4, "'perhaps' is no boolean")]
    made = (await admin.get("/v1/leads/custom-fields")).json()["items"]
    assert [(each["key"], each["label_zh"], each["label_en"]) for each in made] == [
        ("hot", "热", "Hot"),
        ("seats", "席位", "employees"),
    ]
    found = (await admin.get("/v1/leads", params={"sort": "company"})).json()["items"]
    assert [lead["custom"] for lead in found] == [{"seats": "12", "hot": True}, {"hot": False}]
    assert (await run(admin, written(rows), LEADS)).tally == Tally(rows=3, merged=2, refused=1)


async def test_a_converted_lead_that_is_brought_again_stays_as_it_is(admin: Caller) -> None:
    steps = (Step("qualify", {}, {"intent": {"value": "a"}}, None), Step("convert", {}, {}, None))
    converted = replace(LEADS, custom={}, then=steps)
    assert (await run(admin, written([row("1")]), converted)).tally == Tally(rows=1, created=1)
    assert (await run(admin, written([row("1")]), converted)).tally == Tally(rows=1, merged=1)
    changed = await run(admin, written([row("1", name="Other")]), converted)
    assert changed.tally == Tally(rows=1, refused=1)
    assert [each["code"] for each in changed.refused] == ["lead.closed"]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS)
async def test_no_row_is_lost_silently(house: House, login: Login, rows: Rows) -> None:
    await house.work("leads")
    admin = await login("leads", "admin", tenant=ids.new())
    done = await run(admin, written(rows))
    tally = done.tally
    assert tally.rows == len(rows)
    assert tally.rows == tally.created + tally.updated + tally.merged + tally.refused
    assert tally.refused == len(done.refused)
    assert len(await names_of(admin)) == tally.created
    assert max(Counter(line for line, _ in done.reasons).values(), default=1) == 1
