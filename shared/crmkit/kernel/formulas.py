"""Texts that a spreadsheet would run."""

import re
from unicodedata import category

_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
"""OWASP's first characters, in full width too (CSV injection)."""

_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def harmless(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would take it for a formula.

    Numbers stay numbers.
    """
    first = next((c for c in text if c in _DANGEROUS or not _is_invisible(c)), "")
    return f"'{text}" if first in _DANGEROUS and not _NUMBER.fullmatch(text) else text


def _is_invisible(character: str) -> bool:
    """Spaces, marks of direction or of width, and controls: a program may drop them."""
    return category(character) in _INVISIBLE
