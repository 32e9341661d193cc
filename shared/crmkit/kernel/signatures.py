"""Whether a message is of who shares a secret with us: Standard Webhooks, and plain HMAC-SHA256.

All that is compared is compared in constant time, each candidate with each secret, so an answer
takes as long whichever of them was right, and whether any was.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crmkit.kernel.labels import Labelled

TOLERANCE = timedelta(minutes=5)
"""By which a sender's clock may differ from ours."""

MOST_CANDIDATES = 5
"""Signatures of one message that are looked at."""

MARK = "whsec_"
"""How the secrets of Standard Webhooks begin."""

_LEAST_KEY, _MOST_KEY = 24, 64
"""Bytes of a key, as Standard Webhooks has them."""

_ID = re.compile(r"[\x21-\x7e]{1,200}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_VERSION = "v1,"


class Encoding(Labelled):
    """How the bytes of a signature are written."""

    HEX = "hex", "十六进制", "Hexadecimal"
    BASE64 = "base64", "Base64", "Base64"


@dataclass(frozen=True, slots=True)
class Message:
    """What came in: the headers' names in lower case, and the body as it was, byte by byte."""

    headers: Mapping[str, str]
    body: bytes


def is_standard(message: Message, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the secrets signed it as Standard Webhooks says, not long ago.

    An id with a dot is none: `a.1` at `2` would be signed as `a` at `1.2` is.
    """
    said = message.headers.get
    found, seconds = named(message, "webhook-id"), said("webhook-timestamp", "")
    if found is None or "." in found or not _is_recent(seconds, now):
        return False
    signed = f"{found}.{seconds}.".encode() + message.body
    candidates = said("webhook-signature", "").split(" ")[:MOST_CANDIDATES]
    shown = [each.removeprefix(_VERSION) for each in candidates if each.startswith(_VERSION)]
    keys = (standard_key(secret) or b"" for secret in secrets)
    return _is_any(shown, [_written(_hmac(key, signed), Encoding.BASE64) for key in keys if key])


def is_plain(
    message: Message, secrets: Sequence[str], header: str, prefix: str, encoding: Encoding
) -> bool:
    """Whether one of the secrets signed the body, by what the header says after the prefix."""
    shown = message.headers.get(header, "")
    if not shown.startswith(prefix):
        return False
    digests = [_hmac(secret.encode(), message.body) for secret in secrets]
    told = shown.removeprefix(prefix)
    if encoding is Encoding.HEX:
        told = told.lower()
    return _is_any([told], [_written(digest, encoding) for digest in digests])


def named(message: Message, header: str) -> str | None:
    """The sender's own name of a message, of 1 to 200 visible ASCII characters; else None."""
    said = message.headers.get(header, "")
    return said if _ID.fullmatch(said) else None


def standard_key(secret: str) -> bytes | None:
    """The 24 to 64 bytes that a secret of Standard Webhooks stands for; None where it is none."""
    if not secret.startswith(MARK):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(MARK), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if _LEAST_KEY <= len(key) <= _MOST_KEY else None


def _is_recent(seconds: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(seconds):
        return False
    return abs(int(seconds) - int(now.timestamp())) <= TOLERANCE.total_seconds()


def _hmac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")


def _written(digest: bytes, encoding: Encoding) -> bytes:
    return digest.hex().encode() if encoding is Encoding.HEX else base64.b64encode(digest)


def _is_any(shown: Sequence[str], expected: Sequence[bytes]) -> bool:
    """Every pair is compared, whatever the first ones said."""
    candidates = [each.encode("utf-8", "replace") for each in shown]
    return any([hmac.compare_digest(one, other) for one in candidates for other in expected])
