"""Files as people hand them over, read before anything of them is used."""

import gzip
import io
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from crmkit.remote.api import Refused
from crmkit.remote.files import Numbered, Rows


def read(path: Path, content: bytes, encoding: str = "") -> list[Numbered]:
    path.write_bytes(content)
    with Rows(path, encoding) as rows:
        assert list(rows) == list(rows)
        return list(rows)


def book() -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["公司", "席位", "日期"])
    sheet.write_row(1, 0, ["华星", 12])
    sheet.write_datetime(1, 2, date(2026, 3, 5))
    sheet.write_row(3, 0, ["Acme", 0.5])
    workbook.close()
    return out.getvalue()


def test_a_workbook_is_read_as_text_without_its_empty_rows(tmp_path: Path) -> None:
    assert read(tmp_path / "book.xlsx", book()) == [
        Numbered(2, {"公司": "华星", "席位": "12", "日期": "2026-03-05"}),
        Numbered(4, {"公司": "Acme", "席位": "0.5", "日期": ""}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    content = "公司;城市\r\n上海精工;苏州\r\n".encode(encoding)
    row = Numbered(2, {"公司": "上海精工", "城市": "苏州"})
    assert read(tmp_path / "a.csv", content) == [row]
    assert read(tmp_path / "a.csv.gz", gzip.compress(content)) == [row]


def test_another_encoding_has_to_be_named(tmp_path: Path) -> None:
    content = "name\ncafé\n".encode("latin-1")
    assert read(tmp_path / "a.csv", content, "latin-1") == [Numbered(2, {"name": "café"})]


def test_rows_of_another_length_are_told_with_what_they_have(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", b"a,b\n1\n1,2,,\n1,2,3,4\n")
    assert [each.fault for each in found] == [
        "there are fewer values than columns",
        "",
        "there are more values than columns",
    ]
    assert found[2].row == {"a": "1", "b": "2", "surplus values": "3, 4"}


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("a.csv", b"", ""),
        ("a.csv", b'a\n"never closed\n', ""),
        ("a.csv", b"a\n\x81\xff\xff\n", ""),
        ("a.csv", "a\n上海\n".encode("gb18030"), "utf-8"),
        ("a.csv", b"a\n1\n", "klingon"),
        ("a.csv.gz", b"no gzip", ""),
        ("a.csv.gz", gzip.compress(b"a\n1\n" * 1000, mtime=0)[:-20], ""),
        ("a.xlsx", b"PK\x03\x04 no workbook", ""),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, encoding: str
) -> None:
    with pytest.raises(Refused, match=r"^[^\n]* cannot be read: [^\n]*$"):
        read(tmp_path / name, content, encoding)


def test_a_file_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        Rows(tmp_path / "none.csv")
