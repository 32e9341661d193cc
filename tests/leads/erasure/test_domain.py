"""What names somebody, however it is written."""

import pytest

from crmkit.kernel.errors import Conflict
from crmkit.kernel.identifiers import in_json, named_by, names
from services.leads.erasure.domain import MOST_RECORDS, demand_few, words_of


def test_numbers_and_addresses_are_known_with_whatever_signs() -> None:
    known = named_by(["Wang Jing", "+8613800138000", "Jing@Acme.example", None, ""])
    for written in ("138 0013-8000", "+86 138 0013 8000", " JING@acme.example", "wangjing"):
        assert names(known, ["x", written]), written
    for other in ("13800138001", "jing@acme", "", None, 13800138000, "Wang"):
        assert not names(known, [other]), other


def test_names_with_quotes_are_looked_for_as_json_has_them() -> None:
    assert in_json({'王"静"'}) == sorted({'王"静"', '王\\"静\\"', '\\u738b\\"\\u9759\\"'})


def test_what_is_too_short_names_nobody() -> None:
    assert named_by(["x", " ", "+86"]) == {"+86"}


def test_the_words_of_a_message_are_its_values_or_all_of_what_is_no_json() -> None:
    said = '{"a": [{"b": "\\u738b"}, 7, null], "c": {"d": "x y"}}'
    assert words_of(said) == ["王", "7", "None", "x y"]
    assert words_of("x y") == ["x y", "x", "y"]


def test_more_than_fits_is_refused() -> None:
    demand_few(MOST_RECORDS)
    with pytest.raises(Conflict, match="records"):
        demand_few(MOST_RECORDS + 1)
