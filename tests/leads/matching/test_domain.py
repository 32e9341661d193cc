"""Keys and likeness of leads, without a database."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crmkit.kernel.errors import Conflict
from services.leads.matching.domain import (
    Keys,
    MatchCertainty,
    MatchReason,
    company_key,
    demand_unknown,
    keys_of,
    likeness,
    match,
    phone_key,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("苏州恒岭精密股份有限公司", "苏州恒岭精密"),
        ("苏州恒岭精密有限责任公司", "苏州恒岭精密"),
        ("苏州恒岭精密集团有限公司", "苏州恒岭精密"),
        ("苏州恒岭精密（集团）", "苏州恒岭精密"),
        ("华为技术（深圳）有限公司", "华为技术深圳"),
        ("ＡＣＭＥ　Co., Ltd.", "acme"),
        ("Acme, Inc.", "acme"),
        ("ACME Holdings GmbH", "acme"),
        ("Müller & Söhne KG", "müllersöhne"),
        ("有限公司", "有限公司"),
        ("Ltd", "ltd"),
        ("!!!", ""),
    ],
)
def test_a_company_is_known_by_its_name_without_its_legal_form(name: str, key: str) -> None:
    assert company_key(name) == key


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "0086 13800138000",
        "8613800138000",
        "+86 013800138000",
    ],
)
def test_a_number_is_one_however_it_is_written(number: str) -> None:
    assert phone_key(number) == "+8613800138000"


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("(0512) 6288-1234", "+8651262881234"),
        ("86 21 6288 1234", "+862162881234"),
        ("+1 (555) 010-2000", "+15550102000"),
        ("400-820-8820", "+864008208820"),
        ("110", None),
        ("0000000000", None),
        ("+1 555 555 5555", None),
        ("1" * 31, None),
        ("", None),
    ],
)
def test_a_number_without_a_country_is_one_of_china_and_what_is_none_has_no_key(
    number: str, key: str | None
) -> None:
    assert phone_key(number) == key


def test_a_key_is_never_longer_than_an_index_takes() -> None:
    assert len(company_key("\ufdfa" * 200)) == 200


@settings(max_examples=60)
@given(some.text(max_size=60))
def test_a_companys_key_is_its_own_key(name: str) -> None:
    key = company_key(name)
    assert company_key(key) == key


@settings(max_examples=60)
@given(some.text("苏州恒岭精密机械ab", min_size=1), some.text("苏州恒岭精密机械ab", min_size=1))
def test_likeness_is_the_same_from_both_sides_and_whole_for_equals(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 100
    assert likeness(one, one) == 100


KNOWN = keys_of("苏州恒岭精密有限公司", "13800138000", "Wang@Hengling.CN")


@pytest.mark.parametrize(
    ("other", "certainty", "score", "reasons"),
    [
        (
            keys_of("别的公司名称", "+86 13800138000", None),
            MatchCertainty.CERTAIN,
            100,
            (MatchReason.PHONE,),
        ),
        (keys_of("", None, "wang@hengling.cn"), MatchCertainty.CERTAIN, 100, (MatchReason.EMAIL,)),
        (
            keys_of("苏州恒岭精密集团", None, None),
            MatchCertainty.LIKELY,
            80,
            (MatchReason.COMPANY,),
        ),
        (
            keys_of("苏州恒岭精密机械", None, None),
            MatchCertainty.POSSIBLE,
            62,
            (MatchReason.SIMILAR,),
        ),
    ],
)
def test_what_leads_share_says_how_sure_it_is(
    other: Keys, certainty: MatchCertainty, score: int, reasons: tuple[MatchReason, ...]
) -> None:
    found = match(KNOWN, other, "the row")
    assert found is not None
    assert (found.row, found.certainty, found.score) == ("the row", certainty, score)
    assert found.reasons == reasons


def test_who_shares_nothing_does_not_match() -> None:
    assert match(KNOWN, keys_of("北京远大重工有限公司", "13900139000", None), None) is None
    assert match(keys_of("", None, None), keys_of("", None, None), None) is None


def test_what_is_known_is_refused_with_the_candidates() -> None:
    demand_unknown([])
    with pytest.raises(Conflict) as refused:
        demand_unknown([{"lead_id": 1}])
    assert (refused.value.code, refused.value.extra) == (
        "lead.duplicate",
        {"candidates": [{"lead_id": 1}]},
    )
