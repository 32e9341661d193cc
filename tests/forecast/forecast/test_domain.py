from decimal import Decimal

import pytest

from services.forecast.forecast.domain import attainment, coverage, gap


def _maybe(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("won", "target", "wanted"),
    [
        ("50.00", "200.00", "0.2500"),
        ("200.00", "200.00", "1.0000"),
        ("300.00", "200.00", "1.5000"),
        ("1.00", "3.00", "0.3333"),
        ("2.00", "3.00", "0.6667"),
        ("0.00", "5.00", "0.0000"),
        ("5.00", "0.00", None),
        ("5.00", None, None),
    ],
)
def test_attainment_is_won_over_target(won: str, target: str | None, wanted: str | None) -> None:
    assert attainment(Decimal(won), _maybe(target)) == _maybe(wanted)


@pytest.mark.parametrize(
    ("won", "target", "wanted"),
    [("30.00", "100.00", "70.00"), ("130.00", "100.00", "-30.00"), ("1.00", None, None)],
)
def test_the_gap_is_what_is_still_to_be_won(
    won: str, target: str | None, wanted: str | None
) -> None:
    assert gap(Decimal(won), _maybe(target)) == _maybe(wanted)


@pytest.mark.parametrize(
    ("pipeline", "won", "target", "wanted"),
    [
        ("210.00", "30.00", "100.00", "3.0000"),
        ("0.00", "30.00", "100.00", "0.0000"),
        ("100.00", "0.00", "300.00", "0.3333"),
        ("10.00", "100.00", "100.00", None),
        ("10.00", "120.00", "100.00", None),
        ("10.00", "0.00", None, None),
    ],
)
def test_coverage_is_open_pipeline_over_what_is_left(
    pipeline: str, won: str, target: str | None, wanted: str | None
) -> None:
    assert coverage(Decimal(pipeline), Decimal(won), _maybe(target)) == _maybe(wanted)
