from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel.written import amount_of, truth_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,117.10K", "1117100.00"),
        ("$342.09K", "342090.00"),
        ("$22,700.00", "22700.00"),
        ("9,326.84", "9326.84"),
        ("7,982", "7982.00"),
        ("￥12.5万", "125000.00"),
        ("1.2亿", "120000000.00"),
        ("€3m", "3000000.00"),
        ("-$5.50", "-5.50"),
        ("¥-5.5", "-5.50"),
        ("1 200.50", "1200.50"),
        ("12.5万元", "125000.00"),
        ("300 元", "300.00"),
        ("0", "0.00"),
        (" 12 k ", "12000.00"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, amount: str) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "$", "1.117,10", "1,17", "1,1170", "1.005", "12 apples", "1e9", "NaN", "１２", "5KK"],
)
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|cent"):
        amount_of(text)


@settings(max_examples=50)
@given(cents=st.integers(min_value=-(10**16), max_value=10**16))
def test_every_amount_comes_back_from_its_grouped_form(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert Decimal(amount_of(f"{amount:,.2f}")) == amount


@pytest.mark.parametrize(
    ("text", "truth"), [("Yes", True), ("否", False), ("1", True), ("n", False)]
)
def test_yes_and_no_are_read_in_both_languages(text: str, truth: bool) -> None:
    assert truth_of(text) is truth


def test_what_says_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        truth_of("perhaps")
