"""What goes wrong at a door is answered alike by each, and leaves no trace."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.hostile.cases_doors import (
    ERRANDS,
    FILES,
    GRAPHQL,
    INBOUND,
    KNOCKS,
    REST,
    TOKENS,
    USUAL,
    Errand,
    Knock,
    Token,
)
from tests.hostile.doors import IMPORTS, JSON, Told, bring, told_by, told_by_graphql
from tests.leads.inbound_samples import Sender, new_endpoint
from tests.leads.samples import leads_of, new_account, new_lead

_PATHS = {REST: "/v1/leads", GRAPHQL: "/graphql/leads", FILES: IMPORTS}
_SENT = {
    REST: b'{"company":"Acme","source":"web"}',
    GRAPHQL: b'{"query":"{ __typename }"}',
    FILES: b"company\nAcme\n",
}
_CSV = {"content-type": "text/csv"}
_SOURCE = {"defaults": '{"source":"file"}'}
_MAPPING = [{"field": "company", "pointer": "/company"}, {"field": "contact_name", "default": "X"}]
_MESSAGE = b'{"company":"Acme"}'


@pytest_asyncio.fixture(loop_scope="session")
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(await house.api("leads"), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def told_at(door: str, answer: httpx.Response) -> Told:
    return (told_by_graphql if door == GRAPHQL else told_by)(answer)


async def knock(door: str, case: Knock, admin: Caller, anybody: httpx.AsyncClient) -> Told:
    """A request that this door takes, but for what the case changes."""
    if door == INBOUND:
        sender = Sender(anybody, await new_endpoint(admin, mapping=_MAPPING))
        client, path, body, usual = anybody, sender.url, _MESSAGE, sender.signed(_MESSAGE, "m1")
    else:
        client, path, body = admin.client, _PATHS[door], _SENT[door]
        usual = _CSV if door == FILES else JSON
    query = httpx.QueryParams(_SOURCE if door == FILES else {})
    asked = "&".join(part for part in (str(query), case.query) if part)
    answer = await client.request(
        case.method,
        f"{path}?{asked}" if asked else path,
        content=body,
        headers=usual | dict(case.headers),
    )
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if answer.status_code == 405:
        assert "POST" in answer.headers["allow"]
    assert "evil" not in answer.text + str(answer.headers)
    return told_at(door, answer)


@pytest.mark.parametrize("case", KNOCKS, ids=lambda case: f"{case.line} {case.name}")
async def test_every_door_answers_alike_what_goes_wrong_at_it(
    login: Login, anybody: httpx.AsyncClient, case: Knock
) -> None:
    admin = await login("leads", "admin")
    found = {door: await knock(door, case, admin, anybody) for door in sorted(case.doors)}
    assert {door: told.told for door, told in found.items()} == {
        door: case.answer or USUAL[door] for door in case.doors
    }
    assert [told.faults for told in found.values() if told.faults] == []
    shown = [lead["company"] for lead in await leads_of(admin)]
    assert shown == ["Acme"] * (0 if case.answer else len(case.doors & {REST, INBOUND}))


def signed(house: House, caller: Caller, case: Token) -> str:
    """The caller's own token, but for what the case changes."""
    issuer = house.issuer
    own = caller.client.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(own, options={"verify_signature": False}) | dict(case.claims)
    header = {"kid": issuer._kid, "alg": "ES256", "typ": "JWT"} | dict(case.header)
    text = b".".join(_segment(json.dumps(part)) for part in (header, _kept(claims)))
    key = issuer._key if case.key == "own" else ec.generate_private_key(ec.SECP256R1())
    if case.key == "none":
        signature = b""
    elif case.key == "public":
        public = issuer._key.public_key()
        pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            text, pem
        )
    else:
        signature = jwt.get_algorithm_by_name("ES256").sign(text, key)
    return (text + b"." + jwt.utils.base64url_encode(signature)).decode()


def _kept(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


def _segment(text: str) -> bytes:
    return jwt.utils.base64url_encode(text.encode())


@pytest.mark.parametrize("case", TOKENS, ids=lambda case: f"{case.line} {case.name}")
async def test_a_token_that_does_not_hold_opens_no_door(
    house: House, login: Login, anybody: httpx.AsyncClient, case: Token
) -> None:
    admin = await login("leads", "admin")
    forged = {"authorization": f"Bearer {signed(house, admin, case)}"}
    asked = Knock(case.line, case.name, headers=forged)
    doors = (REST, GRAPHQL, FILES)
    found = {(await knock(door, asked, admin, anybody)).told for door in doors}
    assert found == {"401 token.invalid"}
    assert await leads_of(admin) == []


async def test_a_token_signed_as_the_cases_are_opens_every_door(
    house: House, login: Login, anybody: httpx.AsyncClient
) -> None:
    admin = await login("leads", "admin")
    right = {"authorization": f"Bearer {signed(house, admin, Token(0, 'right'))}"}
    for door in (REST, GRAPHQL, FILES):
        told = await knock(door, Knock(0, "right", headers=right), admin, anybody)
        assert told.told == USUAL[door]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def theirs(house: House) -> AsyncIterator[dict[str, str]]:
    """What another tenant has."""
    stranger = await house.caller("leads", ids.new(), "admin")
    job = (await bring(stranger, _SENT[FILES])).json()
    lead, account = await new_lead(stranger), await new_account(stranger)
    yield {"theirs": lead["id"], "account": account["id"], "job": job["id"]}
    assert (await stranger.get(f"/v1/leads/{lead['id']}")).json() == lead
    await stranger.client.aclose()


def _filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize("case", ERRANDS, ids=lambda case: f"{case.line} {case.door} {case.name}")
async def test_an_errand_is_refused_for_its_reason(
    login: Login, theirs: dict[str, str], case: Errand
) -> None:
    service = "webhooks" if "webhook" in case.path else "leads"
    admin, caller = await login("leads", "admin"), await login(service, case.role)
    lead = await new_lead(admin)
    known = theirs | {"lead": lead["id"]}
    sent, path = _filled(case.sent, known), _filled(case.path, known) or _PATHS[case.door]
    body = json.dumps({"query": sent}) if case.door == GRAPHQL else sent
    kind = _CSV if case.door == FILES else JSON
    answer = await caller.client.request(
        case.method, path, content=body, headers=kind | dict(case.headers),
        params=_SOURCE if case.door == FILES and "?" not in path else None,
    )  # fmt: skip
    told = told_at(case.door, answer)
    assert (told.told, told.faults) == (case.answer, []), answer.text
    assert await leads_of(admin) == [lead]
