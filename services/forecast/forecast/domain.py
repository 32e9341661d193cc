"""销售预测 the formulas a forecast is read by."""

from decimal import ROUND_HALF_UP, Decimal

_PLACES = Decimal("0.0001")


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
