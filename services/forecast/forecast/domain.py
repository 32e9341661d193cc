"""销售预测 the formulas a forecast is read by."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Part(StrEnum):
    """What a fact is to a figure: a deal won, one still open, or what was asked for."""

    WON = "won"
    OPEN = "open"
    TARGET = "target"


class Figure(StrEnum):
    """The figures of a line of the pipeline."""

    WON = "won"
    WEIGHTED = "weighted"
    BEST_CASE = "best_case"
    TARGET = "target"
    WON_COUNT = "won_count"
    OPEN_COUNT = "open_count"
    GAP = "gap"
    ATTAINMENT = "attainment"
    COVERAGE = "coverage"


_RESTS_ON = {
    Figure.WON: (Part.WON,),
    Figure.WEIGHTED: (Part.OPEN,),
    Figure.BEST_CASE: (Part.OPEN,),
    Figure.TARGET: (Part.TARGET,),
    Figure.WON_COUNT: (Part.WON,),
    Figure.OPEN_COUNT: (Part.OPEN,),
    Figure.GAP: (Part.WON, Part.TARGET),
    Figure.ATTAINMENT: (Part.WON, Part.TARGET),
    Figure.COVERAGE: tuple(Part),
}
_COUNTED = {Figure.WON_COUNT, Figure.OPEN_COUNT}
_PLACES = Decimal("0.0001")


def parts_of(figure: Figure) -> tuple[Part, ...]:
    """The facts that a figure is reckoned from."""
    return _RESTS_ON[figure]


def adds(figure: Figure, amount: Decimal, weighted: Decimal) -> Decimal:
    """What a fact adds to its part of the figure; exact, so a weighted amount has four places."""
    if figure in _COUNTED:
        return Decimal(1)
    return weighted if figure is Figure.WEIGHTED else amount


def attainment(won: Decimal, target: Decimal | None) -> Decimal | None:
    """目标完成率 (K01) won ÷ target, 1 is all of it; None where nothing was asked for."""
    return _ratio(won, target) if target else None


def gap(won: Decimal, target: Decimal | None) -> Decimal | None:
    """目标差额 what is still to be won; negative beyond the target, None without one."""
    return None if target is None else target - won


def coverage(pipeline: Decimal, won: Decimal, target: Decimal | None) -> Decimal | None:
    """管道覆盖 (K29) open pipeline ÷ (target − won); None where nothing is left to be won."""
    left = gap(won, target)
    return _ratio(pipeline, left) if left is not None and left > 0 else None


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_PLACES, ROUND_HALF_UP)
