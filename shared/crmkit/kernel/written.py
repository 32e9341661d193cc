"""What people write into cells, read exactly: amounts with signs, groups and units, yes and no."""

import re
from decimal import Decimal

_AMOUNT = re.compile(
    r"(?P<sign>-?[¥￥$€£]?|[¥￥$€£]-)\s?"
    r"(?P<whole>[0-9]{1,3}(?:[,\s][0-9]{3}){1,4}|[0-9]{1,16})(?P<part>\.[0-9]{1,6})?"
    r"\s?(?P<unit>[kmb千万亿]?)元?",
    re.IGNORECASE,
)
_UNITS = {"": 0, "k": 3, "m": 6, "b": 9, "千": 3, "万": 4, "亿": 8}
"""Powers of ten: K a thousand, M a million, B a thousand million; 万 ten thousand, 亿 10^8."""
_GROUPS = re.compile(r"[,\s]")
_CENT = Decimal("0.01")
_YES = frozenset({"true", "yes", "y", "1", "是", "对", "有"})
_NO = frozenset({"false", "no", "n", "0", "否", "无"})


def amount_of(text: str) -> str:
    """`$1,117.10K` as `1117100.00`; ValueError where it is no amount, or has parts of a cent.

    Groups are of three digits and the point is a point, so `1.117,10` is refused, not guessed at.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount")
    whole = _GROUPS.sub("", found["whole"])
    exact = Decimal(whole + (found["part"] or "")).scaleb(_UNITS[found["unit"].lower()])
    exact = -exact if "-" in found["sign"] else exact
    cents = exact.quantize(_CENT)
    if cents != exact:
        raise ValueError(f"{text!r} has parts of a cent")
    return f"{cents:f}"


def truth_of(text: str) -> bool:
    """是/否, yes or no, as a file may say it; ValueError where it says neither."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"{text!r} is neither yes nor no")
    return word in _YES
