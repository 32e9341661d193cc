import pytest

from crmkit.kernel.phones import e164


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("+86-138-0013-8000", "+8613800138000"),
        ("(0755) 8888-9999", "+8675588889999"),
        ("400-820-8820", "+864008208820"),
        ("+1 555 123 4567", "+15551234567"),
    ],
)
def test_however_a_number_is_written_it_is_one(text: str, number: str) -> None:
    assert e164(text) == number
    assert e164(number) == number


@pytest.mark.parametrize(("country", "number"), [("US", "+12025550143"), ("GB", "+442025550143")])
def test_a_country_says_how_a_number_is_dialled(country: str, number: str) -> None:
    assert e164("2025550143", country) == number


@pytest.mark.parametrize("country", ["", "us", "China", "XX"])
def test_what_is_no_code_of_a_country_is_home(country: str) -> None:
    assert e164("13800138000", country) == "+8613800138000"


@pytest.mark.parametrize("text", ["", "-", "12", "+", "+86 1", "1" * 31])
def test_what_no_network_has_is_no_number(text: str) -> None:
    assert e164(text) is None
