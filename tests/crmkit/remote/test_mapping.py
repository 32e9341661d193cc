from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmkit.remote.mapping import BadRow, File, Known, Later, Source, Step, body, load

SHANGHAI = ZoneInfo("Asia/Shanghai")
DEALS = File(
    name="deals.csv",
    to="/v1/opportunities",
    key="no",
    occurred_at={"column": "opened", "default": "2017-12-31"},
    fields={
        "name": {"template": "{what} for {who}"},
        "stage": {"column": "stage", "map": {"Hot": "negotiation"}, "default": "qualification"},
        "owner_id": {"ref": "agents.csv", "column": "agent"},
        "seats": {"column": "seats", "as": "integer"},
        "expected_close_on": {"column": "due", "as": "date", "format": "%d/%m/%Y"},
        "amount": {"amount": "value", "currency": "USD", "default": "0"},
        "source": {"value": "import"},
    },
    then=(
        Step("win", {"stage": "Won"}, {"amount": {"amount": "value", "currency": "USD"}}, "won"),
    ),
)
ROW = {
    "no": "7",
    "opened": "2017-03-01",
    "what": "Chairs",
    "who": "Acme",
    "stage": "Hot",
    "agent": "Ann",
    "seats": "12",
    "due": "31/12/2017",
    "value": "10.50",
    "won": "2017-04-01",
}


def known() -> Known:
    return Known(SHANGHAI, ids={"agents.csv": {"Ann": "id-of-ann"}}, rows={"agents.csv": {}})


def test_a_row_becomes_a_body_of_the_api() -> None:
    assert body(DEALS, "maven", ROW, known()) == {
        "data": {
            "name": "Chairs for Acme",
            "stage": "negotiation",
            "owner_id": "id-of-ann",
            "seats": 12,
            "expected_close_on": "2017-12-31",
            "amount": {"amount": "10.50", "currency": "USD"},
            "source": "import",
            "external_system": "maven",
            "external_id": "7",
        },
        "occurred_at": "2017-03-01T12:00:00+08:00",
    }


def test_what_is_empty_is_left_out_or_takes_its_default() -> None:
    row = ROW | {"stage": "", "agent": "", "seats": " ", "value": "", "opened": ""}
    made = body(DEALS, "maven", row, known())
    assert made["occurred_at"] == "2017-12-31T12:00:00+08:00"
    assert made["data"]["stage"] == "qualification"
    assert made["data"]["amount"]["amount"] == "0"
    assert not {"owner_id", "seats"} & made["data"].keys()


def test_a_step_follows_where_its_condition_holds() -> None:
    made = body(DEALS, "maven", ROW | {"stage": "Won"}, known())
    amount = {"amount": "10.50", "currency": "USD"}
    won = {"action": "win", "data": {"amount": amount}, "occurred_at": "2017-04-01T12:00:00+08:00"}
    assert made["then"] == [won]


def test_an_instant_with_an_offset_keeps_it() -> None:
    file = File("f.csv", "/v1/leads", "no", {}, {"column": "at", "format": "%Y-%m-%dT%H:%M:%S%z"})
    made = body(file, "x", {"no": "1", "at": "2017-03-01T08:00:00-0500"}, known())
    assert made["occurred_at"] == "2017-03-01T08:00:00-05:00"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opened": "March"}, "'March' is no date"),
        ({"due": "2017-12-31"}, "'2017-12-31' is no date"),
        ({"seats": "a dozen"}, "'a dozen' is no integer"),
        ({"agent": "Bob"}, "'Bob' is not in agents.csv"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, str], reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        body(DEALS, "maven", ROW | change, known())


@pytest.mark.parametrize("missing", ["no", "stage", "agent", "value", "opened"])
def test_a_missing_column_is_named(missing: str) -> None:
    row = {name: value for name, value in ROW.items() if name != missing}
    with pytest.raises(BadRow, match=f"there is no column '{missing}'"):
        body(DEALS, "maven", row, known())


def test_a_row_waits_for_the_one_it_refers_to_unless_that_was_refused() -> None:
    told = known()
    told.rows["agents.csv"]["Bob"] = {}
    with pytest.raises(Later):
        body(DEALS, "maven", ROW | {"agent": "Bob"}, told)
    told.refused.add(("agents.csv", "Bob"))
    with pytest.raises(BadRow, match=r"'Bob' of .* was refused"):
        body(DEALS, "maven", ROW | {"agent": "Bob"}, told)


def test_codes_and_paths_are_what_the_api_takes() -> None:
    fields = {
        "code": {"column": "who", "as": "code"},
        "team": {"template": "{office}/{who}", "parts": "code"},
        "path": {"column": "office", "as": "path"},
    }
    row = {"no": "1", "who": "Ann O'Neil", "office": "North West"}
    data = body(File("f.csv", "/v1/members", "no", fields), "x", row, known())["data"]
    assert (data["code"], data["team"], data["path"]) == (
        "ann-o-neil",
        "north-west/ann-o-neil",
        "north-west",
    )


def test_a_value_comes_from_the_row_of_another_file() -> None:
    told = known()
    told.rows["products.csv"] = {"GTX Pro": {"price": "4821"}}
    look = {"from": "products.csv", "key": "what", "map": {"GTXPro": "GTX Pro"}, "column": "price"}
    fields = {"amount": {"amount": look, "currency": "USD"}}
    file = File("f.csv", "/v1/opportunities", "no", fields)
    data = body(file, "x", {"no": "1", "what": "GTXPro"}, told)["data"]
    assert data["amount"] == {"amount": "4821", "currency": "USD"}


def test_cells_that_say_nothing_are_empty_and_conditions_name_several() -> None:
    steps = (Step("lose", {"stage": ["Lost", "Gone"]}, {}, None),)
    fields = {"city": "city", "what": "what"}
    file = File("f.csv", "/v1/leads", "no", fields, then=steps, empty=("Select", "n/a"))
    row = {"no": "1", "city": "Select", "what": "n/a?", "stage": "Gone"}
    made = body(file, "x", row, known())
    assert made["data"] == {"what": "n/a?", "external_system": "x", "external_id": "1"}
    assert made["then"] == [{"action": "lose", "data": {}}]
    assert "then" not in body(file, "x", row | {"stage": "Open"}, known())


def test_a_reference_may_be_by_name_and_may_be_missing() -> None:
    told = known()
    told.rows["accounts.csv"] = {"7": {"name": "Acme  Ltd"}, "8": {"name": "acme ltd"}}
    told.ids["accounts.csv"] = {"7": "id-of-acme"}
    look = {"ref": "accounts.csv", "by": "name", "column": "company"}

    def made(company: str, **more: bool) -> Any:
        file = File("f.csv", "/v1/leads", "no", {"account_id": look | more})
        return body(file, "x", {"no": "1", "company": company}, told)["data"].get("account_id")

    assert made("ACME ltd") == "id-of-acme"
    assert made("Beta", optional=True) is None
    with pytest.raises(BadRow, match=r"'Beta' is not in accounts.csv"):
        made("Beta")


def test_an_amount_is_read_as_written_in_the_currency_of_its_row() -> None:
    money = {"column": "value", "as": "amount"}
    currency = {"column": "in", "default": "EUR"}
    file = File("f.csv", "/v1/leads", "no", {"budget": {"amount": money, "currency": currency}})

    def made(value: str, unit: str) -> Any:
        return body(file, "x", {"no": "1", "value": value, "in": unit}, known())["data"]["budget"]

    assert made("$1,117.10K", "usd") == {"amount": "1117100.00", "currency": "USD"}
    assert made("5", "") == {"amount": "5.00", "currency": "EUR"}
    with pytest.raises(BadRow, match="'1,5' is no amount"):
        made("1,5", "USD")


def test_own_fields_go_into_custom_and_a_row_without_a_key_is_its_digest() -> None:
    file = File("f.csv", "/v1/leads", "", {}, custom={"seats": "seats", "city": "city"})
    first = body(file, "x", {"seats": "12", "city": ""}, known())["data"]
    assert first["custom"] == {"seats": "12"}
    again = body(file, "x", {"seats": "12", "city": ""}, known())["data"]
    other = body(file, "x", {"seats": "1", "city": "2"}, known())["data"]
    assert first["external_id"] == again["external_id"] != other["external_id"]


def test_a_mapping_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(
        'system = "shop"\n[[file]]\nname = "客户.csv"\nto = "/v1/accounts"\nkey = "编号"\n'
        'encoding = "gb18030"\nfields = { name = "名称" }\n'
        '[[file.then]]\naction = "win"\nwhen = { "名称" = "x" }\n'
    )
    assert load(path) == Source(
        "shop",
        "shop",
        (
            File(
                "客户.csv",
                "/v1/accounts",
                "编号",
                {"name": "名称"},
                then=(Step("win", {"名称": "x"}, {}, None),),
                encoding="gb18030",
            ),
        ),
    )
