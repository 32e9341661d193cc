"""The ledger's root: where it ended on a day, signed, so that no one can rewrite it afterwards."""

import hashlib
from base64 import b64decode
from binascii import Error
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from prometheus_client import Gauge

from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.metrics import REGISTRY

_SEED_BYTES = 32
_HEAD = """
select position, hash from ledger
where not exists (select from ledger_root where day = $1)
order by position desc limit 1
"""
_KEEP = """
insert into ledger_root (day, position, hash, key_id, public_key, signature, signed_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (day) do nothing
"""
SIGNED = Gauge(
    "crm_ledger_root_position",
    "The last position that a signed root covers",
    ["service"],
    registry=REGISTRY,
)


def signing_key(text: str) -> Ed25519PrivateKey | None:
    """The key from 32 bytes in base64 (RFC 8032's seed); None of nothing, ValueError of others."""
    if not text:
        return None
    try:
        seed = b64decode(text, validate=True)
    except Error as error:
        raise ValueError("CRM_LEDGER_KEY is not base64") from error
    if len(seed) != _SEED_BYTES:
        raise ValueError(f"CRM_LEDGER_KEY has {len(seed)} bytes, not {_SEED_BYTES}")
    return Ed25519PrivateKey.from_private_bytes(seed)


def message(service: str, day: date, position: int, hash_: bytes) -> bytes:
    """What is signed, in five lines of ASCII."""
    lines = ("dealstream ledger root 1", service, day.isoformat(), str(position), hash_.hex())
    return "\n".join(lines).encode()


def key_id(public_key: bytes) -> str:
    """How a key is called: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def is_signed(service: str, root: Any) -> bool:
    """Whether the signature of a row of `ledger_root` is that of its key over its content."""
    signed = message(service, root["day"], root["position"], root["hash"])
    try:
        Ed25519PublicKey.from_public_bytes(root["public_key"]).verify(root["signature"], signed)
    except (InvalidSignature, ValueError):
        return False
    return bool(root["key_id"] == key_id(root["public_key"]))


async def sign_root(database: Database, service: str, key: Ed25519PrivateKey) -> bool:
    """Sign where the ledger ends, once each UTC day; whether it was for now to do.

    Two that do it at once leave one root: the day is the row's key.
    """
    now = clock.now()
    async with database.system() as connection:
        head = await connection.fetchrow(_HEAD, now.date())
        if head is None:
            return False
        public = key.public_key().public_bytes_raw()
        signed = key.sign(message(service, now.date(), head["position"], head["hash"]))
        root = (head["position"], head["hash"], key_id(public), public, signed, now)
        await connection.execute(_KEEP, now.date(), *root)
    SIGNED.labels(service).set(head["position"])
    return True
