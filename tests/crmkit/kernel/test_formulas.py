import re

from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel.formulas import harmless


@given(st.text())
def test_no_spreadsheet_takes_a_cell_for_a_formula(text: str) -> None:
    written = harmless(text)
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None
    assert is_number or not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert written.removeprefix("'") == text.removeprefix("'")
