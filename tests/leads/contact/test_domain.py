from datetime import UTC, datetime

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.contact.domain import demand_newer, dialled

MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("138 0013 8000", "", "+8613800138000"),
        ("021-5555 6666", "China", "+862155556666"),
        ("(555) 123-4567", "US", "+15551234567"),
        ("+44 20 7946 0958", "", "+442079460958"),
    ],
)
def test_a_number_is_dialled_from_the_accounts_country(
    text: str, country: str, number: str
) -> None:
    assert dialled(text, country) == number


def test_nobody_has_to_have_a_number() -> None:
    assert dialled(None, "CN") is None


def test_a_number_no_network_has_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        dialled("12", "CN")
    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/phone", "phone.invalid")]


def test_a_relationship_is_judged_in_order() -> None:
    demand_newer(None, MAY)
    demand_newer(MAY, MAY)
    demand_newer(MAY, JUNE)
    with pytest.raises(Conflict) as refused:
        demand_newer(JUNE, MAY)
    assert refused.value.code == "contact.rated_since"
