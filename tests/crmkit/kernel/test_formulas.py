import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel.formulas import harmless


@given(st.text())
def test_no_spreadsheet_takes_a_cell_for_a_formula(text: str) -> None:
    written = harmless(text)
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None
    assert is_number or not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert written.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("before", ["", " ", "\ufeff", "\u200b", "\u3000", "\x00", "\u202e \u200b"])
@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_what_cannot_be_seen_hides_no_formula(before: str, first: str) -> None:
    text = f"{before}{first}HYPERLINK(1)"
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", " ", "ACME", "上海＝", "a=b", "-12.50", "\u3000山田"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
