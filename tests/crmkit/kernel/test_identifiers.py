"""Whether what somebody asks for names a person."""

import pytest

from crmkit.kernel.identifiers import is_asked_by, named_by

THEM = named_by(["May Chen", "王静", "may.chen@acme.example", "+8613812341234"])


@pytest.mark.parametrize(
    "filters",
    [
        {"q": "May Chen"},
        {"q": "may chen Shanghai"},
        {"q": "call 138 1234 1234"},
        {"q": "上海 王静"},
        {"contact_name_in": "Li Na,May Chen"},
        {"email": "May.Chen@acme.example"},
        {"custom.assistant": "王静"},
    ],
)
def test_a_filter_that_names_them_asks_for_them(filters: dict[str, str]) -> None:
    assert is_asked_by(THEM, filters)


@pytest.mark.parametrize("said", ["Leads of May Chen", "for May Chen, mostly", "王静"])
def test_words_that_name_them_are_about_them(said: str) -> None:
    assert is_asked_by(THEM, {}, "x", said)


@pytest.mark.parametrize(
    "filters",
    [{"q": "王静怡"}, {"q": "Chen May"}, {"q": "May"}, {"contact_name_in": "Li Na,May Chenoweth"}],
)
def test_others_are_not_asked_for(filters: dict[str, str]) -> None:
    assert not is_asked_by(THEM, filters, "Leads of May")


def test_a_name_that_is_a_common_word_takes_nobody_elses_views_away() -> None:
    web = named_by(["Web"])
    assert not is_asked_by(web, {"source": "web", "q": "web shop"}, "Leads of the web")
    assert is_asked_by(web, {"q": "web"})
