"""Files as people send them, read row by row."""

import io
from collections.abc import Iterator
from datetime import datetime

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from crmkit.components.jobs.book_reader import MOST_COLUMNS
from crmkit.components.jobs.sheets import Malformed, inspect, read_rows

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


def rows_of(body: bytes) -> Iterator[list[str]]:
    file = io.BytesIO(body)
    sheet = inspect(file)
    return (list(row) for row in read_rows(file, sheet))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=30), st.sampled_from(",;\t"))
def test_what_is_written_in_quotes_is_read_as_it_was(rows: list[list[str]], by: str) -> None:
    lines = [["a", "b"], *rows]
    body = "\r\n".join(by.join(map(quoted, row)) for row in lines) + "\r\n"
    assert list(rows_of(body.encode())) == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found(encoding: str) -> None:
    file = io.BytesIO("公司\n苏州恒岭精密有限公司\n".encode(encoding))
    sheet = inspect(file)
    assert sheet.columns == ("公司",)
    assert sheet.encoding == ("gb18030" if encoding == "gb18030" else "utf-8-sig")
    assert [list(row) for row in read_rows(file, sheet)] == [["苏州恒岭精密有限公司"]]


@pytest.mark.parametrize("by", [",", ";", "\t"])
def test_the_separator_is_the_one_the_header_uses_most(by: str) -> None:
    sheet = inspect(io.BytesIO(f"a{by}b{by}c\n1{by}2{by}3\n".encode()))
    assert (sheet.delimiter, sheet.columns, sheet.total) == (by, ("a", "b", "c"), 1)


def test_as_many_columns_as_may_be_are_read_and_no_more() -> None:
    most = ",".join(f"c{n}" for n in range(MOST_COLUMNS))
    assert len(inspect(io.BytesIO(most.encode())).columns) == MOST_COLUMNS
    with pytest.raises(Malformed, match="columns"):
        inspect(io.BytesIO(f"{most},more".encode()))


def test_where_a_file_breaks_is_told() -> None:
    with pytest.raises(Malformed, match="line 3"):
        inspect(io.BytesIO(b'a,b\n1,2\n"x"y,2\n'))


def test_a_row_of_a_workbook_is_no_longer_than_a_line_may_be() -> None:
    """Cells count as UTF-8: of 30,000 characters each, eleven are a row and twelve are too many."""
    for cells, is_read in ((11, True), (12, False)):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [f"c{n}" for n in range(cells)])
        sheet.write_row(1, 0, ["华" * 30_000] * cells)
        book.close()
        if is_read:
            assert inspect(out).total == 1
            continue
        with pytest.raises(Malformed, match="row is longer"):
            inspect(out)


def test_a_row_in_quotes_is_no_longer_than_a_line_may_be() -> None:
    cell = '"' + "x\n" * 50_000 + '"'
    assert inspect(io.BytesIO(f"a\n{','.join([cell] * 10)}\n".encode())).total == 1
    with pytest.raises(Malformed, match="row is longer"):
        inspect(io.BytesIO(f"a\n{','.join([cell] * 11)}\n".encode()))


def test_a_row_has_no_more_cells_than_there_may_be_columns() -> None:
    with pytest.raises(Malformed, match="line 2: more than"):
        inspect(io.BytesIO(b"a\n" + b"," * MOST_COLUMNS + b"\n"))


def a_workbook(*cells: tuple[int, int, object]) -> io.BytesIO:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    for row, column, value in cells:
        sheet.write(row, column, value)
    book.close()
    return out


@pytest.mark.parametrize("corner", [(1_048_575, 16_383), (1_000_000, 499), (1_048_575, 0)])
def test_a_workbook_that_claims_a_huge_sheet_ends_nothing_but_its_own_reader(
    corner: tuple[int, int],
) -> None:
    with pytest.raises(Malformed, match=r"more memory|at most|unreadable"):
        inspect(a_workbook((0, 0, "a"), (*corner, "b")))


def test_cells_keep_their_kinds() -> None:
    moment = datetime(2026, 2, 28, 23, 59, 1)  # noqa: DTZ001 - workbooks know no zones
    given = ["text", 1.5, True, moment]
    book = a_workbook(
        *((1, column, value) for column, value in enumerate(given)),
        *((0, column, f"c{column}") for column in range(4)),
    )
    sheet = inspect(book)
    (row,) = read_rows(book, sheet)
    assert list(row) == given


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_malformed(body: bytes) -> None:
    try:
        rows = [*rows_of(body)]
    except Malformed:
        return
    assert all(isinstance(cell, str) for row in rows for cell in row)


@given(st.binary(max_size=200))
def test_what_only_begins_like_a_workbook_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        inspect(io.BytesIO(b"PK\x03\x04" + body))
