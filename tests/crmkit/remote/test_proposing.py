"""A mapping for a file that has none: proposed, saved as it is, and imported by."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from crmkit.kernel import ids
from crmkit.remote.api import Api, Refused
from crmkit.remote.commands import demand_some
from crmkit.remote.importing import Import
from crmkit.remote.mapping import load
from crmkit.remote.proposing import mapping_of, propose_mapping
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login

PEOPLE = """客户编号,公司,联系人,联系电话,邮箱,来源,预算,币种,创建时间,老客户,备用
K1,苏州恒岭,王静,13800000001,w@a.cn,展会,12万,cny,2026-03-05,是,
K2,Acme,Li,+49 30 1234567,l@b.cn,Trade Show,"$1,117.10K",usd,2026-03-06,否,
"""


@pytest.fixture
async def api(house: House, login: Login) -> Api:
    await house.work("leads")
    caller: Caller = await login("leads", "admin", scopes=["history:write"])
    api = Api("http://test", "")
    await api.http.aclose()
    api.http = caller.client
    return api


async def brought(api: Api, mapping: Path) -> Tally:
    progress = Progress(console=Console(quiet=True))
    refusals = Refusals(mapping.with_name("errors.csv"))
    source = load(mapping)
    tallies = await Import(api, source, mapping.parent, refusals, progress).run()
    return tallies[source.files[0].name]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_a_proposal_is_saved_and_imported_by(api: Api, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "客户 list.csv").write_bytes(PEOPLE.encode(encoding))
    saved = tmp_path / "mine.toml"
    proposed = await propose_mapping(api, tmp_path / "客户 list.csv", "leads")
    saved.write_text(proposed, "utf-8")
    assert await brought(api, saved) == Tally(rows=2, created=1, refused=1)
    named = proposed.replace('map = { "展会" = "" }', 'map = { "展会" = "fair" }')
    saved.write_text(named.replace("# column_10 =", "old_customer ="), "utf-8")
    assert await brought(api, saved) == Tally(rows=2, created=1, updated=1)
    items = (await api.ask("GET", "/v1/leads", params={"sort": "company"}))["items"]
    told = [
        (
            lead["external_id"],
            lead["source"],
            lead["phone"],
            lead["budget"],
            lead["received_at"][:10],
        )
        for lead in items
    ]
    assert told == [
        ("K2", "trade-show", "+49 30 1234567", money("1117100.00", "USD"), "2026-03-06"),
        ("K1", "fair", "13800000001", money("120000.00", "CNY"), "2026-03-05"),
    ]


def money(amount: str, currency: str) -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def column(name: str, looks_like: str, *samples: str) -> dict[str, Any]:
    return {"column": name, "looks_like": looks_like, "samples": list(samples)}


def proposal(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"total": 2, "format": "csv", "encoding": "utf-8-sig", "key": None, "missing": []}
    return told | {"columns": columns, "mapping": {}, "fields": []} | more


def test_what_becomes_no_field_is_proposed_as_one_of_ones_own() -> None:
    columns = (column("Seats (max)", "number", "1", "2"), column("老", "bool", "是"))
    text = mapping_of("a b.csv", "leads", proposal(*columns, missing=["company"]), "CNY")
    assert tomllib.loads(text)["file"][0]["fields"] == {"company": {"value": "import"}}
    made = tomllib.loads(text.replace("# seats", "seats").replace("# column_2", "column_2"))
    assert made["system"] == "a-b-csv"
    assert made["file"][0]["custom"] == {
        "seats_max": {"column": "Seats (max)", "kind": "number", "zh": "Seats (max)"},
        "column_2": {"column": "老", "as": "boolean", "kind": "bool", "zh": "老"},
    }


def test_hostile_names_and_samples_stay_text() -> None:
    columns = (column('a"\n]\\\x7f', "text", "x\n[file]\nto = 'evil'", ""),)
    told = proposal(*columns, mapping={'a"\n]\\\x7f': "company"})
    made = tomllib.loads(mapping_of("f.csv", "leads", told, "CNY"))
    assert made["file"] == [
        {
            "name": "f.csv",
            "to": "/v1/leads",
            "key": "",
            "fields": {"company": 'a"\n]\\\x7f'},
            "custom": {},
        }
    ]


def test_money_without_a_column_of_currencies_is_in_the_tenants() -> None:
    told = proposal(column("Budget", "money", "$5K"), mapping={"Budget": "budget.amount"})
    made = tomllib.loads(mapping_of("f.csv", "leads", told, "EUR"))
    rule = {"amount": {"column": "Budget", "as": "amount"}, "currency": "EUR"}
    assert made["file"][0]["fields"] == {"budget": rule}


def test_names_where_ids_are_wanted_wait_for_the_file_that_has_them() -> None:
    columns = (
        column("Account", "text", "Acme", ""),
        column("Owner", "text", str(ids.new()), ""),
        column("Number", "text", "D-7"),
        column("Stage", "text", "Closed Won"),
    )
    mapping = {"Account": "account_id", "Owner": "owner_id", "Number": "external_id"}
    told = proposal(*columns, mapping=mapping | {"Stage": "stage"})
    text = mapping_of("deals.csv", "opportunities", told, "CNY")
    rest = {"external_id": "Number", "stage": {"column": "Stage", "as": "code"}}
    assert tomllib.loads(text)["file"][0]["fields"] == {"owner_id": "Owner", **rest}
    corrected = tomllib.loads(text.replace("# account_id", "account_id"))
    rule = {"ref": "accounts.csv", "column": "Account"}
    assert corrected["file"][0]["fields"]["account_id"] == rule


async def test_deals_whose_amount_no_column_tells_come_in_without_any(
    house: House, login: Login, tmp_path: Path
) -> None:
    await house.work("opportunities")
    api = Api("http://test", "")
    await api.http.aclose()
    api.http = (await login("opportunities", "admin", scopes=["history:write"])).client
    (tmp_path / "deals.csv").write_text("name\nPress line\n")
    saved = tmp_path / "mine.toml"
    saved.write_text(await propose_mapping(api, tmp_path / "deals.csv", "opportunities"))
    assert await brought(api, saved) == Tally(rows=1, created=1)
    (deal,) = (await api.ask("GET", "/v1/opportunities"))["items"]
    assert (deal["name"], deal["amount"]) == ("Press line", money("0.00", "CNY"))


def test_an_import_of_which_nothing_is_taken_fails_and_says_why() -> None:
    demand_some([Tally(rows=2, refused=2), Tally(rows=1, created=1), Tally()], "x")
    demand_some([Tally()], "")
    with pytest.raises(Refused, match=r"each of 3 rows was refused, the first: a\.csv, row 2: no"):
        demand_some([Tally(rows=2, refused=2), Tally(rows=1, refused=1)], "a.csv, row 2: no")
