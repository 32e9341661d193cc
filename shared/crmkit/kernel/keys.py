"""API keys as they are written: `crm_live_<id>_<secret><checksum>`, all of it base 62. What lets
others in has a mark of its own in place of `crm_live_`.

The id says whose key it is, so that it is looked up within its tenant and nowhere else. The secret
is 256 random bits, so the plain SHA-256 of a key is kept: there is nothing that a slow hash would
slow down. The checksum, CRC-32 of all before it, lets scanners know a leaked key, and us refuse a
mistyped one without a look.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from string import ascii_letters, digits
from typing import Any
from uuid import UUID
from zlib import crc32

MARK = "crm_live_"
_ALPHABET = digits + ascii_letters
_ID_LENGTH = _SECRET_LENGTH = 43
"""Digits of a number of 256 bits in base 62."""

_SUM_LENGTH = 6
_BITS = 128
_KEY = re.compile(
    rf"([a-z]+_[a-z]+_)([0-9A-Za-z]{{{_ID_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH + _SUM_LENGTH}}}"
)


def prefix(tenant_id: UUID, key_id: UUID, mark: str = MARK) -> str:
    """The part of a key that is no secret, by which a leaked one is found in a list."""
    return mark + _written(tenant_id.int << _BITS | key_id.int, _ID_LENGTH)


def new_key(tenant_id: UUID, key_id: UUID, mark: str = MARK) -> str:
    """A key nobody has seen before; it is kept nowhere."""
    secret = _written(secrets.randbits(2 * _BITS), _SECRET_LENGTH)
    return _summed(f"{prefix(tenant_id, key_id, mark)}_{secret}")


def whose(text: str, mark: str = MARK) -> tuple[UUID, UUID] | None:
    """Tenant and id of what may be a key, None where it is none: mistyped, cut short or made up."""
    match = _KEY.fullmatch(text)
    if match is None or match[1] != mark or _summed(text[:-_SUM_LENGTH]) != text:
        return None
    number = _number(match[2])
    if number >> (2 * _BITS):
        return None
    tenant_id, key_id = divmod(number, 1 << _BITS)
    return UUID(int=tenant_id), UUID(int=key_id)


def hash_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_among(shown: str, kept: Iterable[str]) -> bool:
    """Whether a hash is one of these; takes as long whichever it is."""
    return any([compare_digest(shown, one) for one in kept])


def opens(shown: str, record: Mapping[str, Any], now: datetime) -> bool:
    """Whether a key of this hash opens the record of these columns now: its newest key, or the one
    before until the overlap of the rotation ends, unless it was revoked."""
    if record["revoked_at"] is not None:
        return False
    until = record["old_hash_until"]
    old = record["old_hash"] if until is not None and now < until else None
    return is_among(shown, [record["hash"], *([old] if old else [])])


def rotated(
    record: Mapping[str, Any], key: str, now: datetime, overlap_hours: int
) -> dict[str, Any]:
    """The columns of a record that gets a new key; the one it has holds beside it for so long."""
    until = now + timedelta(hours=overlap_hours) if overlap_hours else None
    old = record["hash"] if overlap_hours else None
    return {"hash": hash_of(key), "old_hash": old, "old_hash_until": until}


def _summed(text: str) -> str:
    return text + _written(crc32(text.encode()), _SUM_LENGTH)


def _written(number: int, length: int) -> str:
    written = ""
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        written = _ALPHABET[digit] + written
    return written


def _number(text: str) -> int:
    number = 0
    for digit in text:
        number = number * len(_ALPHABET) + _ALPHABET.index(digit)
    return number
