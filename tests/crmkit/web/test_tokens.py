import asyncio
import base64
import hashlib
import hmac
import json
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Unauthorized
from crmkit.local.issuing import DevIssuer
from crmkit.settings import Settings
from crmkit.web import tokens
from crmkit.web.tokens import Verifier

TENANT, MEMBER = UUID(int=7), UUID(int=8)
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
WEAK_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - must be refused
WEAK_JWK = {**RSAAlgorithm.to_jwk(WEAK_RSA.public_key(), as_dict=True), "kid": "weak"}
ED = ed25519.Ed25519PrivateKey.generate()
STRANGER = ec.generate_private_key(ec.SECP256R1())
ISSUER = Settings.model_fields["issuer"].default
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def _jwks() -> dict[str, Any]:
    return {
        "keys": [
            {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec"},
            {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa"},
            WEAK_JWK,
            {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "ed"},
            {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "enc", "use": "enc"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
            {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "broken"},
        ]
    }


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(_jwks()))
    return Verifier(Settings(jwks_file=str(path)))


def _claims(**changed: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": "dealstream",
        "sub": str(MEMBER),
        "iat": now,
        "exp": now + 600,
        "tenant": str(TENANT),
        "roles": ["sales_rep"],
        "team": "cn/east",
        "scope": "leads:read leads:write",
    }
    return claims | changed


def _signed(key: Key = EC, alg: str = "ES256", kid: str = "ec", **changed: Any) -> str:
    return jwt.encode(_claims(**changed), key, alg, headers={"kid": kid})


def _segment(value: Any) -> bytes:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _handmade(header: dict[str, Any], payload: Any, secret: bytes | None = None) -> str:
    text = _segment({"typ": "JWT", "kid": "ec"} | header) + b"." + _segment(payload)
    mac = b"" if secret is None else hmac.digest(secret, text, hashlib.sha256)
    return (text + b"." + _segment(mac)).decode()


def _with_public_key_as_secret() -> str:
    pem = EC.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _handmade({"alg": "HS256"}, _claims(), pem)


def _with_weak_key() -> str:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        return _signed(WEAK_RSA, "RS256", "weak")


def _with_header(key: Key = EC, **header: Any) -> str:
    return jwt.encode(_claims(), key, "ES256", headers={"kid": "ec", **header})


def _signed_raw(payload: bytes) -> str:
    return jwt.api_jws.PyJWS().encode(payload, EC, "ES256", {"kid": "ec"})


def _stranger_jwk() -> dict[str, Any]:
    return ECAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)


def _twice(name: str) -> bytes:
    text = json.dumps(_claims())
    return (text[:-1] + f', "{name}": {json.dumps(_claims()[name])}}}').encode()


def _forged() -> Iterator[tuple[str, str]]:
    yield "nothing", ""
    yield "no token", "abc"
    yield "not ASCII", "é.é.é"
    yield "alg none", _handmade({"alg": "none"}, _claims())
    yield "alg None", _handmade({"alg": "None"}, _claims())
    yield "HS256 with the public key", _with_public_key_as_secret()
    yield "HS256 with an oct key", _handmade({"alg": "HS256", "kid": "oct"}, _claims(), b"secret")
    yield "RS256 for an EC key", _signed(RSA, "RS256", "ec")
    yield "another key", _signed(STRANGER)
    yield "another key in jwk", _with_header(STRANGER, jwk=_stranger_jwk())
    yield "unknown kid", _signed(kid="nobody")
    yield "kid of a path", _signed(kid="../../etc/passwd")
    yield "kid of SQL", _signed(kid="' or 1=1 --")
    yield "no kid", jwt.encode(_claims(), EC, "ES256")
    yield "key for encryption", _signed(kid="enc")
    yield "weak RSA", _with_weak_key()
    yield "jku", _with_header(jku="https://evil.example/jwks.json")
    yield "x5u", _with_header(x5u="https://evil.example/x.pem")
    yield "jwk", _with_header(jwk=_stranger_jwk())
    yield "crit", _with_header(crit=["x"])
    valid = _signed()
    yield "changed payload", ".".join([valid.split(".")[0], "e30", valid.split(".")[2]])
    yield "without signature", valid.rsplit(".", 1)[0] + "."


def _wrong_claims() -> Iterator[tuple[str, str]]:
    hour, day = 3600, 86400
    now = int(clock.now().timestamp())
    yield "wrong audience", _signed(aud="other")
    yield "audiences without us", _signed(aud=["other", "dealstream2"])
    yield "wrong issuer", _signed(iss="https://evil.example")
    yield "part of the issuer", _signed(iss=ISSUER[:-1])
    yield "expired", _signed(exp=now - 40)
    yield "for a hundred years", _signed(exp=now + 36500 * day)
    yield (
        "expiry of 400 digits",
        _signed_raw(json.dumps(_claims(exp="@")).replace('"@"', "9" * 400).encode()),
    )
    yield "expiry as text", _signed(exp=str(now + hour))
    yield "expiry as truth", _signed(exp=True)
    yield "not yet", _signed(nbf=now + hour)
    yield "issued tomorrow", _signed(iat=now + day)
    yield "subject not text", _signed_raw(json.dumps(_claims(sub=5)).encode())
    yield "empty subject", _signed(sub="")
    yield "duplicate claim", _signed_raw(_twice("tenant"))
    yield "not an object", _signed_raw(b"[]")
    yield "tenant not a UUID", _signed(tenant="acme")
    yield "tenant in braces", _signed(tenant=f"{{{TENANT}}}")
    yield "tenant a number", _signed(tenant=7)
    yield "roles as text", _signed(roles="admin")
    yield "roles of numbers", _signed(roles=[1])
    yield "the system's own role", _signed(roles=["system"])
    yield "team with a pattern", _signed(team="cn/%")
    yield "scope as list", _signed(scope=["a"])
    yield "9 KB", _signed(pad="x" * 9000)
    for name in ("exp", "iss", "aud", "sub", "tenant"):
        kept = {key: value for key, value in _claims().items() if key != name}
        yield f"without {name}", _signed_raw(json.dumps(kept).encode())


FORGED = [*_forged(), *_wrong_claims()]


@pytest.mark.parametrize(("_case", "token"), FORGED, ids=[case for case, _ in FORGED])
async def test_a_token_that_does_not_hold_is_refused_in_one_voice(
    verifier: Verifier, _case: str, token: str
) -> None:
    with pytest.raises(Unauthorized) as refusal:
        await verifier.actor(token)
    assert refusal.value.code == "token.invalid"
    assert refusal.value.detail == "a valid bearer token is needed"


@pytest.mark.parametrize(
    ("key", "alg", "kid"), [(EC, "ES256", "ec"), (RSA, "RS256", "rsa"), (ED, "EdDSA", "ed")]
)
async def test_a_valid_token_names_the_actor(
    verifier: Verifier, key: Key, alg: str, kid: str
) -> None:
    actor = await verifier.actor(_signed(key, alg, kid))
    assert (actor.tenant_id, actor.member_id, actor.team) == (TENANT, MEMBER, "cn/east")
    assert actor.roles == {"sales_rep"}
    assert actor.scopes == {"leads:read", "leads:write"}


async def test_a_subject_that_is_no_uuid_always_gets_the_same_member_id(verifier: Verifier) -> None:
    actor = await verifier.actor(_signed(sub="auth0|42"))
    assert actor.member_id == ids.named("subject", ISSUER, "auth0|42")


async def test_a_token_within_the_leeway_holds_and_one_audience_of_several_is_enough(
    verifier: Verifier,
) -> None:
    now = int(clock.now().timestamp())
    await verifier.actor(_signed(exp=now - 10))
    await verifier.actor(_signed(aud=["other", "dealstream"]))


async def test_a_known_token_is_not_verified_again(verifier: Verifier) -> None:
    token = _signed()
    first = await verifier.actor(token)
    assert await verifier.actor(token) is first


async def test_a_known_token_ends_when_it_expires(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _signed()
    await verifier.actor(token)
    now, later = monotonic(), clock.now() + timedelta(days=1)
    monkeypatch.setattr(tokens, "monotonic", lambda: now + 61)
    monkeypatch.setattr(clock, "now", lambda: later)
    first = await verifier.actor(_signed(exp=int(later.timestamp()) + 5, iat=0))
    assert first.tenant_id == TENANT
    monkeypatch.setattr(tokens, "monotonic", lambda: now + 61 + 6)
    again = await verifier.actor(_signed(exp=int(later.timestamp()) + 5, iat=0))
    assert again is not first


class Provider:
    """A key set on a real port, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.keys = _jwks()["keys"]
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = json.dumps({"keys": self.keys}).encode()
        head = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def _providing() -> AsyncIterator[Provider]:
    provider = Provider()
    server = await asyncio.start_server(provider.answer, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
    async with server:
        yield provider


async def test_many_first_callers_read_the_key_set_once() -> None:
    async with _providing() as provider:
        verifier = Verifier(Settings(jwks_url=provider.url))
        tokens = [_signed(n=n) for n in range(20)]
        await asyncio.gather(*(verifier.actor(token) for token in tokens))
        assert provider.asked == 1


async def test_unknown_kids_make_the_key_set_be_read_at_most_every_30_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _providing() as provider:
        verifier = Verifier(Settings(jwks_url=provider.url))
        await verifier.actor(_signed())
        provider.keys[0]["kid"] = "new"
        for _ in range(5):
            with pytest.raises(Unauthorized):
                await verifier.actor(_signed(kid="new"))
        assert provider.asked == 1
        now = monotonic()
        monkeypatch.setattr(tokens, "monotonic", lambda: now + 31)
        await verifier.actor(_signed(kid="new"))
        assert provider.asked == 2


async def test_old_keys_serve_while_the_provider_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _providing() as provider:
        verifier = Verifier(Settings(jwks_url=provider.url))
        await verifier.actor(_signed())
        provider.status = 500
        now = monotonic()
        monkeypatch.setattr(tokens, "monotonic", lambda: now + 700)
        await verifier.actor(_signed(n=1))
        with pytest.raises(Unauthorized):
            await verifier.actor(_signed(kid="unknown"))
        assert provider.asked == 2


async def test_a_development_token_is_accepted_and_its_key_is_private(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path)
    verifier = Verifier(Settings(jwks_file=str(issuer.jwks_file)))
    token = issuer.token(TENANT, MEMBER, ["admin"], team="cn", scopes=["a"])
    again = DevIssuer(tmp_path).token(TENANT, MEMBER, ["auditor"])
    assert (await verifier.actor(token)).scopes == {"a"}
    assert (await verifier.actor(again)).roles == {"auditor"}
    assert stat.S_IMODE((tmp_path / "issuer.pem").stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["issuer.pem", "jwks.json"]
    assert "d" not in json.loads(issuer.jwks_file.read_text())["keys"][0]
