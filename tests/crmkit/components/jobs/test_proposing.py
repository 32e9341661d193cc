"""What the columns of somebody's file are taken for."""

import pytest

from crmkit.components.jobs.cells import fields_of
from crmkit.components.jobs.proposing import looks_like, propose, propose_key
from services.leads.lead.schemas import CALLED, LeadCreate

FIELDS = fields_of(LeadCreate, {})


def test_a_column_is_proposed_once_and_by_its_nearest_name() -> None:
    found = propose(["Company", "company ", "Contact Name", "Zz"], FIELDS, {})
    assert found == {"Company": "company", "Contact Name": "contact_name"}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("公司", "company"),
        ("公司 名称*", "company"),
        ("联系人", "contact_name"),
        ("联系电话", "phone"),
        ("电子邮箱（必填）", None),
        ("邮箱：", "email"),
        ("来源", "source"),
        ("预算（金额）", "budget.amount"),
        ("E-Mail", "email"),
        ("Lead_Source", "source"),
        ("Mobile Phone", "phone"),
        ("Organisation", "company"),
        ("Lead Status", None),
        ("Website", None),
    ],
)
def test_names_are_known_in_both_languages_however_they_are_written(
    name: str, field: str | None
) -> None:
    assert propose([name], FIELDS, CALLED).get(name) == field


def test_values_say_what_a_column_is_whose_name_does_not() -> None:
    looks = {"A": "text", "B": "email", "C": "email", "D": "phone", "E": "number"}
    assert propose(list(looks), FIELDS, CALLED, looks) == {"B": "email", "D": "phone"}
    looks = {"邮箱": "text", "B": "email"}
    assert propose(list(looks), FIELDS, CALLED, looks) == {"邮箱": "email"}


@pytest.mark.parametrize(
    ("samples", "kind"),
    [
        (["2026-01-05", "2026/1/6"], "day"),
        (["¥1,200", "7.5", ""], "number"),
        (["$342.09K", "$1,117.10K"], "money"),
        (["12万", "7.5"], "money"),
        (["a@b.cn"], "email"),
        (["a@b.cn", "x"], "text"),
        (["13800000000", "+49 30 123456"], "phone"),
        (["660-555-0224", "021-55512345"], "phone"),
        (["https://a.example/x", "www.b.cn", "SemiYearly.com"], "url"),
        (["Yes", "no"], "bool"),
        (["是", "否", ""], "bool"),
        (["1", "0"], "number"),
        (["", ""], "empty"),
    ],
)
def test_what_values_have_in_common_is_told(samples: list[str], kind: str) -> None:
    assert looks_like(samples) == kind


def test_ids_are_named_as_such_and_are_no_two_alike() -> None:
    samples = {
        "LEADID": ["1", "2"],
        "编号": ["a", "b"],
        "Company No": ["1", "1"],
        "Name": ["x", "y"],
    }
    assert propose_key(list(samples), samples, ()) == "LEADID"
    assert propose_key(list(samples), samples, {"LEADID"}) == "编号"
    assert propose_key(["Company No", "Name"], samples, ()) is None
    assert propose_key(["编号"], {"编号": []}, ()) is None
