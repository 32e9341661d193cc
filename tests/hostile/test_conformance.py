"""Every service answers as the merged OpenAPI document says, alone and along its links."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from crmkit.components.jobs.models import JobKind
from crmkit.house import merged
from crmkit.service import services
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from crmkit.web import edge
from tests.e2e.shell import PROJECT
from tests.hostile.conformance import Known, Seen, run, settings
from tests.hostile.conftest import Size
from tests.hostile.excuses import RULES, excused
from tests.hostile.liar import PATHS, Liar
from tests.policy.exhibits import EXHIBITS
from tests.policy.seeds import seed
from tests.serving import served

_CHECKS = {
    "allow_header_conformance",
    "content_type_conformance",
    "ensure_resource_availability",
    "ignored_auth",
    "missing_required_header",
    "negative_data_rejection",
    "not_a_server_error",
    "positive_data_acceptance",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
    "use_after_free",
}
_JOBS = ("accounts", "activities", "contacts", "leads", "opportunities")
NEVER = {
    "DELETE /v1/webhook-endpoints/{endpoint_id}/secrets/{secret_id}",
    *(f"GET /v1/{each}/exports/{{job_id}}/file" for each in (*_JOBS, "visits")),
    "POST /v1/campaigns/{campaign_id}/costs",
    "POST /v1/capture/{form_key}",
    "POST /v1/instalments/{instalment_id}/receipts",
    "POST /v1/keys/{key_id}/rotate",
    "POST /v1/visitor-surveys",
    "PUT /v1/contracts/{contract_id}/instalments",
}
"""What chance does not come to: another id than that of the record, a worker's work, sums that
agree, keys that are not over. Stories and tests of their own do."""
NAMES = [service.name for service in services()]


@cache
def _documents() -> dict[str, Any]:
    parts = {service.name: service.api() for service in services()}
    whole = merged(parts)
    own = {name: app.openapi()["paths"] for name, app in parts.items()}
    return {
        name: whole | {"paths": {path: whole["paths"][path] for path in paths}}
        for name, paths in own.items()
    }


def document_of(name: str) -> dict[str, Any]:
    """The part of the merged document that one service answers."""
    found: dict[str, Any] = _documents()[name]
    return found


async def records(house: House, name: str, tenant: UUID, me: UUID) -> dict[str, list[str]]:
    """Some of each aggregate of the service: their ids, by the path of their list."""
    found = {}
    async with (await house.system(name)).system() as connection:
        for exhibit in EXHIBITS.values():
            if exhibit.service == name:
                rows = await seed(connection, exhibit, tenant, me, most=3)
                found[exhibit.path] = [str(row["id"]) for _, row in rows]
    return found


@pytest.fixture
async def admin(login: Login, monkeypatch: pytest.MonkeyPatch, name: str) -> AsyncIterator[Caller]:
    """Whose endpoints and jobs are nobody's work afterwards."""
    monkeypatch.setattr(edge, "_LONGEST_WAIT", 0)  # nobody has announced anything
    caller = await login(name, "admin", scopes=["history:write"])
    yield caller
    for path, dues in _DUES.items():
        if path in document_of(name)["paths"]:
            await _settle(caller, path, *dues)


_LISTS = (*(f"/v1/{each}/{kind}s" for each in _JOBS for kind in JobKind), "/v1/visits/exports")
_DUES = {
    **dict.fromkeys(_LISTS, ("state=waiting,running,undoing", "POST", "/cancel")),
    "/v1/webhook-replays": ("state=running", "POST", "/cancel"),
    "/v1/webhook-endpoints": ("", "DELETE", ""),
}


async def _settle(caller: Caller, path: str, which: str, method: str, step: str) -> None:
    async def settled() -> bool:
        items = (await caller.get(f"{path}?limit=200&{which}")).json()["items"]
        for item in items:
            answer = await caller.client.request(method, f"{path}/{item['id']}{step}")
            ended = answer.status_code == 409  # by itself, meanwhile
            assert ended or answer.is_success, answer.text
        return not items

    await until(settled)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_every_operation_keeps_to_its_document(
    house: House, admin: Caller, size: Size, name: str
) -> None:
    seen = await _tried(house, name, admin, long=size.long)
    assert not seen.wrong, "\n\n".join(f"{k}\n{v}" for k, v in seen.wrong.items())
    assert seen.checks.keys() >= _CHECKS
    assert not size.long or unanswered(seen) <= NEVER


def unanswered(seen: Seen) -> set[str]:
    """The operations that have accepted nothing."""
    return {label for label, counts in seen.statuses.items() if min(counts) >= 400}


async def _tried(
    house: House,
    name: str,
    caller: Caller,
    *,
    app: Any = None,
    only: str = "",
    long: bool = False,
) -> Seen:
    me, token = caller.actor.member_id, caller.client.headers["authorization"]
    known = Known(await records(house, name, caller.actor.tenant_id, me), str(me))
    async with served(app or await house.api(name)) as url:
        config = settings(url, token, long=long, only=only)
        return await asyncio.to_thread(run, document_of(name), config, known)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["leads"])
async def test_a_house_that_breaks_its_word_is_found_out(
    house: House, admin: Caller, name: str
) -> None:
    """Each check finds the lie that is told for it, but those of walks that few steps do not take:
    from what was deleted, and from what was made, to its own path."""
    app = Liar(await house.api(name), admin.client.headers["authorization"])
    seen = await _tried(house, name, admin, app=app, only=PATHS)
    walked = {"ensure_resource_availability", "use_after_free"}
    assert {told.split(": ")[1] for told in seen.wrong} == _CHECKS - walked


class RejectedPositiveData(Exception):
    """As schemathesis calls it."""


@pytest.mark.parametrize(
    ("content", "excuse"),
    [
        (b'{"code":"stale"}', "stale"),
        (b'{"code":"lead.sleepy"}', ""),
        (b'{"errors":[{"code":"stale"},{"code":"lead.sleepy"}]}', ""),
        (b'{"errors":[{"code":"field.value_error","message":"is not nice"}]}', ""),
        (b"stale", ""),
        (b'{"errors":[{"code":"field.missing","pointer":"/custom/tier"}]}', "custom.missing"),
        (b'{"errors":[{"code":"field.missing","pointer":"/tier"}]}', ""),
    ],
)
def test_only_what_has_a_reason_is_excused(content: bytes, excuse: str) -> None:
    answer = SimpleNamespace(content=content)
    assert excused(RejectedPositiveData(), SimpleNamespace(query={}), answer) == excuse


def test_what_is_excused_is_still_said() -> None:
    """Codes of pydantic and of the rule about own fields are nowhere written out."""
    parts = (path for root in ("shared", "services") for path in (PROJECT / root).rglob("*.py"))
    source = "\n".join(path.read_text() for path in parts)
    ours = {code for code in RULES if not code.startswith("field.")} - {"custom.missing"}
    assert {code for code in ours | {"lead.sleepy"} if f'"{code}"' not in source} == {"lead.sleepy"}
