"""Parts of real data sets, brought by their mappings through the API; tests/e2e has the whole."""

import csv
import gzip
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from rich.progress import Progress

from crmkit.house import house as house_of
from crmkit.remote.api import Api
from crmkit.remote.commands import MAPPINGS
from crmkit.remote.importing import Import
from crmkit.remote.mapping import alike, load
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally
from crmkit.testing.house import Caller, House, lifespan
from crmkit.testing.plugin import Login
from tests.data_sets import data_set

Lines = list[dict[str, str]]
TOGETHER = ("identity", "leads")
YEAR_2019 = {"from": "2019-01-01", "to": "2019-12-31", "grain": "quarter", "by": "source"}


@pytest.fixture
async def admin(house: House, login: Login) -> AsyncIterator[Caller]:
    """An administrator who calls both services at one address, as in a house."""
    await house.work(*TOGETHER, "reporting")
    caller = await login("leads", "admin", scopes=["history:write"])
    app = house_of([house.service(name) for name in TOGETHER], house.settings("leads"))
    async with lifespan(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = dict(caller.client.headers)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            yield Caller(client, caller.actor, caller.executor)


async def brought(caller: Caller, mapping: str, folder: Path) -> tuple[dict[str, Tally], Lines]:
    """The tallies of an import, and its error file."""
    api = Api("http://test", "")
    await api.http.aclose()
    api.http = caller.client
    errors = folder / "errors.csv"
    errors.unlink(missing_ok=True)
    progress = Progress(console=Console(quiet=True))
    source = load(MAPPINGS / f"{mapping}.toml")
    tallies = await Import(api, source, folder, Refusals(errors), progress).run()
    told = []
    if errors.exists():
        with errors.open(newline="", encoding="utf-8") as stream:
            told = list(csv.DictReader(stream))
    return tallies, told


def lines_of(path: Path) -> Lines:
    unpacked = gzip.open if path.suffix == ".gz" else open
    with unpacked(path, "rt", newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def put(path: Path, lines: Sequence[dict[str, str]]) -> None:
    packed = gzip.open if path.suffix == ".gz" else open
    with packed(path, "wt", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, lines[0])
        writer.writeheader()
        writer.writerows(lines)


async def figures(login: Login, measure: str) -> dict[str, int]:
    """What reporting says of each source."""
    reader = await login("reporting", "admin")
    answer = await reader.get("/v1/rollups", params=YEAR_2019 | {"measure": measure})
    assert answer.status_code == 200, answer.text
    return {item["source"]: int(item["value"]) for item in answer.json()["items"]}


async def test_figures_by_source_are_those_of_the_file(
    house: House, login: Login, admin: Caller, tmp_path: Path
) -> None:
    some = lines_of(data_set("x-education-leads") / "leads.csv.gz")[::20]
    put(tmp_path / "leads.csv.gz", some)
    tallies, told = await brought(admin, "x-education-leads", tmp_path)
    assert tallies == {"leads.csv.gz": Tally(rows=len(some), created=len(some))}
    assert told == []
    await house.caught_up("leads", "reporting")
    codes = {"Landing Page Submission": "landing-page", "Lead Add Form": "add-form"}
    origins = [
        codes.get(row["Lead Origin"], alike(row["Lead Origin"]).replace(" ", "-")) for row in some
    ]
    converted = [o for o, row in zip(origins, some, strict=True) if row["Converted"] == "1"]
    assert await figures(login, "leads_created") == Counter(origins)
    assert await figures(login, "leads_converted") == Counter(converted)
    await check_fields(admin, some)
    tallies, _ = await brought(admin, "x-education-leads", tmp_path)
    assert tallies == {"leads.csv.gz": Tally(rows=len(some), merged=len(some))}


async def check_fields(caller: Caller, lines: Lines) -> None:
    """A row's cells are in its lead, but for those that say nothing."""
    row = next(each for each in lines if each["Tags"] and each["City"] not in {"", "Select"})
    found = await caller.get("/v1/leads", params={"custom.lead_number": row["Lead Number"]})
    (lead,) = found.json()["items"]
    assert (lead["external_id"], lead["region"]) == (row["Prospect ID"], row["City"])
    assert lead["custom"]["tags"] == row["Tags"]
    assert "Select" not in lead["custom"].values()


async def test_rows_in_are_created_merged_or_refused_each_with_its_reason(
    admin: Caller, tmp_path: Path
) -> None:
    folder = data_set("zoho-crm-demo")
    accounts, leads = lines_of(folder / "Accounts.csv"), lines_of(folder / "Leads.csv")
    nameless = [row for row in accounts if not row["Account Name"]]
    accounts, leads = [*accounts[:400], *nameless], leads[::25]
    leads[0]["Mobile"] = "none"
    put(tmp_path / "Users.csv", lines_of(folder / "Users.csv"))
    put(tmp_path / "Accounts.csv", accounts)
    put(tmp_path / "Leads.csv", leads)
    known = {row["ACCOUNTID"] for row in accounts if row["Account Name"]}
    contacts = [row for row in lines_of(folder / "Contacts.csv") if row["Account Id"] in known]
    put(tmp_path / "Contacts.csv", contacts)
    put(tmp_path / "Campaigns.csv", lines_of(folder / "Campaigns.csv")[:12])
    names = {alike(row["Account Name"]) for row in accounts if row["Account Name"]}
    tallies, told = await brought(admin, "zoho-crm-demo", tmp_path)
    repeated = len(accounts) - len(nameless) - len(names)
    assert tallies["Accounts.csv"] == Tally(
        len(accounts), created=len(names), merged=repeated, refused=len(nameless)
    )
    assert tallies["Contacts.csv"] == Tally(len(contacts), created=len(contacts))
    assert tallies["Campaigns.csv"] == Tally(12, created=12)
    assert tallies["Leads.csv"] == Tally(len(leads), created=len(leads) - 1, refused=1)
    check_told(told, repeated, len(nameless), int(leads[0]["LEADID"]))
    await check_accounts(admin, leads[1:], names)


def check_told(told: Lines, repeated: int, nameless: int, refused: int) -> None:
    codes = Counter((each["file"], each["code"]) for each in told)
    assert codes == {
        ("Accounts.csv", "row.merged"): repeated,
        ("Accounts.csv", "invalid"): nameless,
        ("Leads.csv", "invalid"): 1,
    }
    assert told[-1]["number"] == "2"
    assert f'"LEADID": "{refused}"' in told[-1]["row"]
    assert all(each["reason"] for each in told)


async def check_accounts(caller: Caller, leads: Lines, names: set[str]) -> None:
    """Who was converted is at the account of that name, where the file has one."""
    items: list[dict[str, Any]] = []
    for status in ("converted", "working", "disqualified", "new"):
        found = await caller.get("/v1/leads", params={"status": status, "limit": 200})
        items += found.json()["items"]
    assert len(items) == len(leads)
    accounts: dict[str, set[str]] = {}
    for lead in items:
        if lead["account_id"]:
            accounts.setdefault(alike(lead["company"]), set()).add(lead["account_id"])
    assert {len(accounts[name]) for name in accounts.keys() & names} == {1}
    converted = {row["LEADID"] for row in leads if row["CONVERTED"] == "Yes"}
    assert {lead["external_id"] for lead in items if lead["opportunity_id"]} == converted
