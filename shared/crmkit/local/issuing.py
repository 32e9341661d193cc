"""Tokens for development: signed by a key of one's own, which a stack in the same folder trusts."""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from crmkit.kernel import clock, ids
from crmkit.settings import Settings


class DevIssuer:
    """Issues tokens for development and tests; the private key never leaves `folder`.

    Services trust it by `jwks_file`; it belongs on no machine that holds real data.
    """

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self._settings = settings or Settings.load()
        self.jwks_file = folder / "jwks.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._key = _private_key(folder / "issuer.pem")
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._kid = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:16]
        published = {**public, "kid": self._kid, "alg": "ES256", "use": "sig"}
        _replace(self.jwks_file, json.dumps({"keys": [published]}).encode(), mode=0o644)

    def token(
        self,
        tenant: UUID,
        member: UUID,
        roles: Iterable[str],
        team: str = "",
        scopes: Iterable[str] = (),
        hours: float = 12,
    ) -> str:
        """A signed access token that holds for `hours`."""
        now = clock.now()
        claims = {
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "sub": str(member),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=hours)).timestamp()),
            "tenant": str(tenant),
            "roles": sorted(roles),
            "team": team,
            "scope": " ".join(sorted(scopes)),
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})


def _private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _publish_once(path, made)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} holds no EC key")
    return key


def _publish_once(path: Path, content: bytes) -> None:
    """Whole or not at all, and the first of several processes wins."""
    draft = _draft(path, content, 0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    _draft(path, content, mode).replace(path)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{ids.new()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return draft
