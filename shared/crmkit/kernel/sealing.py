"""Secrets shared with others: sealed by AES-GCM, opened only to sign, to verify, or to be shown."""

import base64
import binascii
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crmkit.kernel.errors import Unavailable
from crmkit.kernel.signatures import MARK

_SECRET_BYTES = 32
_NONCE_BYTES = 12


def new_secret() -> str:
    """A Standard Webhooks secret."""
    return f"{MARK}{base64.b64encode(os.urandom(_SECRET_BYTES)).decode()}"


def seal(key: str, tenant_id: UUID, owner_id: UUID, secret: str) -> str:
    """Bound to the row that owns it, so that a sealed secret is of no use in another row."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, secret.encode(), tenant_id.bytes + owner_id.bytes)
    return base64.b64encode(nonce + sealed).decode()


def unseal(key: str, tenant_id: UUID, owner_id: UUID, sealed: str) -> str:
    """Unavailable `webhook.key` where it was sealed by another key."""
    raw = base64.b64decode(sealed)
    bound = tenant_id.bytes + owner_id.bytes
    try:
        return _cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound).decode()
    except InvalidTag as error:
        raise Unavailable("the secret was sealed by another key", code="webhook.key") from error


def _cipher(key: str) -> AESGCM:
    try:
        return AESGCM(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error) as error:
        raise Unavailable(
            "CRM_WEBHOOK_KEY is not 32 bytes in base64", code="webhook.key"
        ) from error
