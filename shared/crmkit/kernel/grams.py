"""检索 what a text can be found by: its grams, the same for what is kept and what is asked.

Chinese has no spaces between words, so a text is cut into runs of one, two and three characters,
and whatever contains a word contains all runs of the word (n-gram index). Runs are kept as numbers.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from itertools import islice, zip_longest
from uuid import UUID

MOST_GRAMS = 8
"""So many of a question are asked for, the first of each word: fewer never find less, and each is a
list to be walked along. The first ones of an address are its own, the last ones a provider's."""

SKETCHED = 512
"""The bits of a sketch, of which each key sets three: of a record with sixty keys a third."""

PHONE_SIGNS = " -().+"
"""What people write between the digits of a telephone number."""

_UNSIGNED = str.maketrans("", "", PHONE_SIGNS)
_CALLED = re.compile(r"(?:\+86|0086)?([0-9()\-.+]{7,})")
_SHORTEST_NUMBER, _SIGNED = 7, 2**31
_BITS = [1 << n for n in range(SKETCHED)]


def words_of(text: str) -> list[str]:
    """What a question asks for, word by word: NFKC, and telephone numbers of seven digits or more
    without signs and China's code."""
    return [_dialled(word) for word in unicodedata.normalize("NFKC", text).split()]


def unsigned(phone: str) -> str:
    """A telephone number's digits."""
    return phone.translate(_UNSIGNED)


def kept_keys(tenant: UUID, kind: str, texts: Iterable[str]) -> list[int]:
    """The keys by which a record is found: 32 bits each, of this tenant and kind alone."""
    grams = {gram for text in texts for word in _fold(text).split() for gram in _all(word)}
    return _numbered(tenant, kind, grams)


def asked_keys(tenant: UUID, kind: str, words: Iterable[str]) -> list[int]:
    """The keys that whatever contains these words has; empty where they say too little.

    A longer run tells more than those it consists of, so these are left out.
    """
    each = [_longest(word) for text in words for word in _fold(text).split()]
    grams = dict.fromkeys(gram for turn in zip_longest(*each) for gram in turn if gram)
    return _numbered(tenant, kind, islice(grams, MOST_GRAMS))


def sketch(keys: Iterable[int]) -> bytes:
    """The keys in 64 bytes: whoever has them all has all bits of their sketch, and few others have.

    Those asked for are all that `kept_keys` makes of the words: the more, the fewer others.
    """
    bits = 0
    for key in keys:
        second, first = divmod(key, SKETCHED)
        bits |= _BITS[first] | _BITS[second % SKETCHED] | _BITS[second // SKETCHED % SKETCHED]
    return bits.to_bytes(SKETCHED // 8)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u0130", "i").casefold()


def _dialled(word: str) -> str:
    called = _CALLED.fullmatch(word)
    digits = unsigned(called[1]) if called else ""
    return digits if len(digits) >= _SHORTEST_NUMBER else word


def _all(word: str) -> Iterable[str]:
    """Three characters of a language with few of them, two of any other; single ones and pairs
    only where they tell anything."""
    yield from (sign for sign in word if not _is_common(sign))
    yield from (pair for pair in _runs(word, 2) if not _are_digits(pair))
    yield from (three for three in _runs(word, 3) if three.isascii())


def _longest(word: str) -> Iterable[str]:
    """Runs that `_all` keeps, without those within another of them."""
    if len(word) == 1:
        return () if _is_common(word) else (word,)
    threes = {n: run for n, run in enumerate(_runs(word, 3)) if run.isascii()}
    pairs = [run for n, run in enumerate(_runs(word, 2)) if not {n - 1, n} & threes.keys()]
    return [*threes.values(), *(pair for pair in pairs if not _are_digits(pair))]


def _runs(word: str, length: int) -> list[str]:
    return [word[n : n + length] for n in range(len(word) - length + 1)]


def _is_common(sign: str) -> bool:
    """Whether it is in nearly every text, and so finds nothing."""
    return sign.isascii() and sign.isalnum()


def _are_digits(run: str) -> bool:
    return run.isascii() and run.isdigit()


def _numbered(tenant: UUID, kind: str, grams: Iterable[str]) -> list[int]:
    seed = zlib.crc32(tenant.bytes + kind.encode())
    return sorted({zlib.crc32(gram.encode(), seed) - _SIGNED for gram in grams})
