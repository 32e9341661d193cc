"""Bearer JWTs: who is calling, told by a key the identity provider published."""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
import jwt
import structlog
from starlette.exceptions import HTTPException

from crmkit.kernel import clock, ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Unauthorized
from crmkit.settings import Settings
from crmkit.web import bodies

_ALGORITHMS = {("EC", "P-256"): "ES256", ("RSA", None): "RS256", ("OKP", "Ed25519"): "EdDSA"}
_REFUSED_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "crit", "b64"})
_RESERVED_ROLES = frozenset({"system"})
_TEAM = re.compile(r"([a-z0-9-]+(/[a-z0-9-]+){0,9})?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAX_TOKEN = 8192
_MAX_LIST = 64
_MAX_TEXT = 255
_MAX_JWKS = 262_144
_MIN_RSA_BITS = 2048
_LEEWAY_SECONDS = 30
_LONGEST = timedelta(days=30)
_KEEP_SECONDS = 60.0
_KEEP_TOKENS = 10_000
_JWKS_SECONDS = 600.0
_RETRY_SECONDS = 30.0
_FETCH_SECONDS = 5.0
_log = structlog.get_logger()


def refused() -> Unauthorized:
    """The one answer to every token that does not hold, so that it teaches nothing."""
    return Unauthorized("a valid bearer token is needed", code="token.invalid")


class Verifier:
    """Turns a token into an Actor; a token seen within the last minute costs one hash."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.issuer
        self._audience = settings.audience
        self._keys = KeySet(settings)
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()

    def known(self, token: str) -> Actor | None:
        """The actor of a token that was verified within the last minute."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            return None
        if monotonic() >= known[1]:
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return known[0]

    async def actor(self, token: str) -> Actor:
        """The actor the token speaks for; `refused()` for every token that does not hold."""
        if len(token) > _MAX_TOKEN or not token.isascii():
            raise refused()
        known = self.known(token)
        if known is not None:
            return known
        try:
            claims = await self._verify(token)
            actor = _actor(claims)
        except (jwt.PyJWTError, HTTPException, ValueError, OverflowError) as error:
            raise refused() from error
        digest = hashlib.sha256(token.encode()).digest()
        self._keep(digest, actor, claims["exp"] - clock.now().timestamp())
        return actor

    async def _verify(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        if not _REFUSED_HEADERS.isdisjoint(header):
            raise refused()
        key = await self._keys.find(header.get("kid"))
        if key is None or header.get("alg") != key.algorithm_name:
            raise refused()
        checked: dict[str, Any] = jwt.decode_complete(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )["payload"]
        _demand(checked == bodies.parse(jwt.utils.base64url_decode(token.split(".")[1])))
        return checked

    def _keep(self, digest: bytes, actor: Actor, seconds: float) -> None:
        if seconds <= 0:
            return
        self._known[digest] = actor, monotonic() + min(seconds, _KEEP_SECONDS)
        if len(self._known) > _KEEP_TOKENS:
            self._known.popitem(last=False)


class KeySet:
    """The provider's public keys by `kid`.

    Read again after ten minutes, or for an unknown kid but at most every 30 s; one reading at a
    time, and the old keys stay where it fails.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.jwks_url
        self._file = settings.jwks_file
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = -_JWKS_SECONDS
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: object) -> jwt.PyJWK | None:
        """The key, or None; waits for a reading only where the key is not known."""
        if not isinstance(kid, str):
            return None
        key = self._keys.get(kid)
        fresh = key is not None and monotonic() - self._read_at < _JWKS_SECONDS
        if fresh or not self._may_read():
            return key
        if self._reading is None:
            self._tried_at = monotonic()
            self._reading = asyncio.create_task(self._read())
        if key is None:
            await asyncio.shield(self._reading)
        return key or self._keys.get(kid)

    def _may_read(self) -> bool:
        return self._reading is not None or monotonic() - self._tried_at >= _RETRY_SECONDS

    async def _read(self) -> None:
        try:
            self._keys = _keys(await self._fetch() if self._url else self._load())
            self._read_at = monotonic()
        except (OSError, httpx.HTTPError, HTTPException, ValueError) as error:
            _log.warning("jwks.unread", error=type(error).__name__)
        finally:
            self._reading = None

    async def _fetch(self) -> bytes:
        async with (
            asyncio.timeout(_FETCH_SECONDS),
            httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
            client.stream("GET", self._url) as answer,
        ):
            answer.raise_for_status()
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MAX_JWKS:
                    raise ValueError("the key set is too long")
            return body

    def _load(self) -> bytes:
        return Path(self._file).read_bytes()


def _actor(claims: Mapping[str, Any]) -> Actor:
    """The claims as an Actor; ValueError where one has the wrong shape."""
    subject, roles, tenant = claims["sub"], claims.get("roles", []), claims.get("tenant")
    team, scope, expiry = claims.get("team", ""), claims.get("scope", ""), claims["exp"]
    _demand(isinstance(expiry, int | float) and not isinstance(expiry, bool))
    _demand(expiry - clock.now().timestamp() <= _LONGEST.total_seconds())
    _demand(isinstance(roles, list) and len(roles) <= _MAX_LIST)
    _demand(all(isinstance(role, str) and len(role) <= _MAX_TEXT for role in roles))
    _demand(_RESERVED_ROLES.isdisjoint(roles))
    _demand(isinstance(team, str) and _TEAM.fullmatch(team) is not None)
    _demand(isinstance(scope, str) and 0 < len(subject) <= _MAX_TEXT)
    _demand(isinstance(tenant, str) and _UUID.fullmatch(tenant) is not None)
    is_id = _UUID.fullmatch(subject) is not None
    return Actor(
        tenant_id=UUID(tenant),
        member_id=UUID(subject) if is_id else ids.named("subject", claims["iss"], subject),
        roles=frozenset(roles),
        team=team,
        scopes=frozenset(scope.split()),
    )


def _demand(holds: bool) -> None:
    if not holds:
        raise ValueError("a claim has the wrong shape")


def _keys(body: bytes) -> dict[str, jwt.PyJWK]:
    """The usable signing keys of a key set, each with the one algorithm it may be used with."""
    published = bodies.parse(body)
    _demand(isinstance(published, dict) and isinstance(published.get("keys"), list))
    found = {}
    for entry in published["keys"]:
        key = _key(entry) if isinstance(entry, dict) else None
        if key is not None:
            found[str(entry["kid"])] = key
    return found


def _key(entry: dict[str, Any]) -> jwt.PyJWK | None:
    algorithm = _ALGORITHMS.get((str(entry.get("kty")), entry.get("crv")))
    fits = algorithm is not None and entry.get("alg", algorithm) == algorithm
    if not fits or entry.get("use", "sig") != "sig" or not isinstance(entry.get("kid"), str):
        return None
    try:
        key = jwt.PyJWK(entry, algorithm)
    except jwt.PyJWTError:
        return None
    weak = algorithm == "RS256" and key.key.key_size < _MIN_RSA_BITS
    return None if weak else key
