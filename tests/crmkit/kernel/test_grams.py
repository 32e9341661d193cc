"""检索 whatever contains a word has all keys that the word is asked by."""

from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmkit.kernel import ids
from crmkit.kernel.grams import MOST_GRAMS, asked_keys, kept_keys, sketch, unsigned, words_of

TENANT = UUID("01990000-0000-7000-8000-00000000abcd")
SIGNS = st.sampled_from("aB1-.@王伟有限公ＡßİΣς\u3000 é")


def asked(*words: str) -> set[int]:
    return set(asked_keys(TENANT, "lead", words))


def bits(*texts: str) -> int:
    return int.from_bytes(sketch(kept(*texts)))


def kept(*texts: str) -> set[int]:
    return set(kept_keys(TENANT, "lead", texts))


@settings(max_examples=60)
@given(st.text(SIGNS, max_size=12), st.text(SIGNS, min_size=1, max_size=8), st.text(SIGNS))
@example("x", "a王", "y")
@example("", "12", "3")
def test_a_text_has_every_key_of_what_it_contains(before: str, word: str, after: str) -> None:
    text = f"{before}{word}{after}"
    for part in words_of(word):
        if part in "".join(f" {each}" for each in words_of(text)):
            assert asked(part) <= kept(text), part
            assert bits(part) & ~bits(text) == 0, part


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("王伟", "上海王伟"),
        ("ＡＣＭＥ", "Acme Robotics"),
        ("acme", "ＡＣＭＥ"),
        ("strasse", "Hauptstraße"),
        ("王", "王静"),
        ("li", "Li Lei"),
        ("8001", "13800138000"),
    ],
)
def test_case_width_and_script_do_not_matter(word: str, text: str) -> None:
    assert asked(word)
    assert asked(word) <= kept(text)


@pytest.mark.parametrize(
    ("word", "text"),
    [("王伟", "伟王"), ("acme", "ac me"), ("公司", "公 司"), ("8001", "8000"), ("qx", "xq")],
)
def test_what_is_not_in_a_text_is_told_apart(word: str, text: str) -> None:
    assert not asked(word) <= kept(text)


@pytest.mark.parametrize("word", ["a", "7", "42"])
def test_what_nearly_every_text_has_is_asked_by_no_key(word: str) -> None:
    assert asked(word) == set()


def test_the_longest_runs_are_asked_for_alone() -> None:
    assert len(asked("acme")) == 2
    assert len(asked("王伟")) == 1
    assert len(asked("abc公司x")) == 4
    assert len(asked("有限公司" * 50)) == 4
    assert len(asked("".join(map(chr, range(0x4E00, 0x4E80))))) == MOST_GRAMS


def test_of_a_long_question_the_first_runs_of_each_word_are_asked_for() -> None:
    assert asked("u31@example.com") == asked("u31@exampl")
    assert asked("abcdefghijkl", "王伟静") == asked("abcdefgh", "王伟静")


def test_keys_are_a_tenants_and_a_kinds_own() -> None:
    texts = ("Acme", "王伟")
    mine = set(kept_keys(TENANT, "lead", texts))
    assert mine.isdisjoint(kept_keys(TENANT, "contact", texts))
    assert mine.isdisjoint(kept_keys(ids.new(), "lead", texts))
    assert all(-(2**31) <= key < 2**31 for key in mine)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("王伟  上海", ["王伟", "上海"]),
        ("a\u3000b", ["a", "b"]),
        ("138-0013-8000", ["13800138000"]),
        ("+86138.0013.8000", ["13800138000"]),
        ("008613800138000", ["13800138000"]),
        ("(0512)67671234", ["051267671234"]),
        ("2026-11", ["2026-11"]),
        ("3-4-5", ["3-4-5"]),
        ("100%", ["100%"]),
    ],
)
def test_a_question_is_taken_word_by_word_and_numbers_by_their_digits(
    text: str, words: list[str]
) -> None:
    assert words_of(text) == words


def test_a_kept_number_is_its_digits() -> None:
    assert unsigned("+86 (138) 0013-8000") == "8613800138000"
