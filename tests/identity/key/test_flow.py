"""Keys let programs in to services that identity's events reach, and to no others."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog

from crmkit.components.directory import DirectoryCopy
from crmkit.components.key_uses import KeyUses
from crmkit.db.pool import Connection
from crmkit.house import house as put_up
from crmkit.kernel import clock, ids
from crmkit.kernel.keys import new_key as unknown_key
from crmkit.proof.telling import newest
from crmkit.testing.house import Caller, House, lifespan, until
from crmkit.testing.plugin import Login
from crmkit.web import keys
from crmkit.web.logs import _tell_error, hide_secrets
from tests.identity.samples import new_key, new_member

LEAD = {"company": "Acme", "source": "web"}
LEADS = "/v1/leads"


@pytest.fixture
async def leads(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """An API process of leads alone, called with no credential unless a test brings one."""
    await house.executor("leads")
    app = put_up([house.service("leads")], house.settings("leads"))
    async with lifespan(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


@pytest.fixture
async def admin(house: House, login: Login) -> Caller:
    await house.work("identity", "leads")
    return await login("identity", "admin", scopes=["history:write"])


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def let_in(house: House, admin: Caller, **fields: Any) -> dict[str, Any]:
    """A new key that leads has heard of."""
    made = await new_key(admin, **fields)
    await house.caught_up("identity", "leads")
    return made


async def status(client: httpx.AsyncClient, secret: str) -> int:
    return (await client.get(LEADS, headers=bearer(secret))).status_code


async def test_a_key_works_in_another_service_as_an_actor_of_its_own(
    house: House, admin: Caller, leads: httpx.AsyncClient
) -> None:
    made = await let_in(house, admin, roles=["sales_manager"], scopes=["history:write"])
    headers = bearer(made["secret"]) | {"occurred-at": "2026-01-02T03:04:05Z"}
    lead = await leads.post(LEADS, json=LEAD, headers=headers)
    assert lead.status_code == 201, lead.text
    assert (lead.json()["owner_id"], lead.json()["team"]) == (made["id"], "cn/east")
    assert lead.json()["received_at"] == "2026-01-02T03:04:05Z"
    path = f"{LEADS}/{lead.json()['id']}"
    history = await leads.get(f"{path}/history", headers=bearer(made["secret"]))
    assert [entry["actor"] for entry in history.json()["items"]] == [f"key:{made['id']}"]
    asked = await leads.post(
        "/graphql/leads",
        json={"query": "{ leads { nodes { id } } }"},
        headers=bearer(made["secret"]),
    )
    assert asked.json()["data"]["leads"]["nodes"] == [{"id": lead.json()["id"]}]


async def test_a_key_may_do_what_its_roles_may_and_no_more(
    house: House, admin: Caller, leads: httpx.AsyncClient
) -> None:
    made = await let_in(house, admin, roles=["auditor"])
    headers = bearer(made["secret"])
    assert (await leads.get(LEADS, headers=headers)).status_code == 200
    assert (await leads.post(LEADS, json=LEAD, headers=headers)).status_code == 403
    history = headers | {"occurred-at": "2026-01-02T03:04:05Z"}
    assert (await leads.post(LEADS, json=LEAD, headers=history)).status_code == 403


async def test_a_revoked_key_stops_in_another_service(
    house: House,
    admin: Caller,
    leads: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    made = await let_in(house, admin)
    assert await status(leads, made["secret"]) == 200
    await admin.post(f"/v1/keys/{made['id']}/revoke")
    await house.caught_up("identity", "leads")
    await until(lambda: _is(leads, made["secret"], 401))


async def test_both_secrets_hold_through_a_rotation_and_one_after_it(
    house: House,
    admin: Caller,
    leads: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    made = await let_in(house, admin)
    path = f"/v1/keys/{made['id']}/rotate"
    rotated = (await admin.post(path, json={"overlap_hours": 1})).json()
    await house.caught_up("identity", "leads")
    await until(lambda: _is(leads, rotated["secret"], 200))
    assert await status(leads, made["secret"]) == 200
    last = (await admin.post(path, json={"overlap_hours": 0})).json()
    await house.caught_up("identity", "leads")
    await until(lambda: _is(leads, last["secret"], 200))
    await until(lambda: _is(leads, rotated["secret"], 401))
    assert await status(leads, made["secret"]) == 401


async def made_by(
    house: House, admin: Caller, login: Login, *roles: str, **fields: Any
) -> tuple[dict[str, Any], str]:
    """A key that leads has heard of, made by a colleague of these roles, and where they are."""
    person = await new_member(admin, roles=roles, team="cn/east")
    colleague = await login("identity", "admin", member=UUID(person["id"]))
    return await let_in(house, colleague, **fields), f"/v1/members/{person['id']}"


async def test_a_key_ends_with_its_makers_leaving_and_comes_back_with_them(
    house: House,
    admin: Caller,
    login: Login,
    leads: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    made, maker = await made_by(house, admin, login, "admin")
    kept = await let_in(house, admin)
    assert await status(leads, made["secret"]) == 200
    assert (await admin.post(f"{maker}/deactivate")).status_code == 200
    await until(lambda: _is(leads, made["secret"], 401))
    assert await status(leads, kept["secret"]) == 200
    shown = (await admin.get(f"/v1/keys/{made['id']}")).json()
    assert (shown["status"], shown["effective_roles"]) == ("maker_left", [])
    assert (await admin.post(f"{maker}/reactivate")).status_code == 200
    await until(lambda: _is(leads, made["secret"], 200))


async def test_a_revoked_key_stays_revoked_when_its_maker_comes_back(
    house: House,
    admin: Caller,
    login: Login,
    leads: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    made, maker = await made_by(house, admin, login, "admin")
    other, _ = await made_by(house, admin, login, "admin")
    await admin.post(f"{maker}/deactivate")
    await admin.post(f"/v1/keys/{made['id']}/revoke")
    await admin.post(f"{maker}/reactivate")
    await house.caught_up("identity", "leads")
    await until(lambda: _is(leads, other["secret"], 200))
    assert await status(leads, made["secret"]) == 401


async def test_a_key_may_only_do_what_its_maker_may_still_do(
    house: House,
    admin: Caller,
    login: Login,
    leads: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 0.2)
    roles = ["auditor", "sales_rep"]
    made, maker = await made_by(house, admin, login, "admin", roles=roles, team="cn/west")
    headers = bearer(made["secret"])
    assert (await leads.post(LEADS, json=LEAD, headers=headers)).status_code == 201

    async def demote(version: int, *left: str) -> None:
        body, match = {"roles": left}, {"if-match": f'"{version}"'}
        assert (await admin.patch(maker, json=body, headers=match)).status_code == 200

    async def writing(wanted: int) -> bool:
        return (await leads.post(LEADS, json=LEAD, headers=headers)).status_code == wanted

    await demote(1, "auditor", "finance")
    await until(lambda: writing(403))
    assert await status(leads, made["secret"]) == 200
    shown = (await admin.get(f"/v1/keys/{made['id']}")).json()
    assert (shown["status"], shown["roles"]) == ("limited", ["sales_rep", "auditor"])
    assert (shown["effective_roles"], shown["effective_team"]) == (["auditor"], "")
    await demote(2, "finance")
    await until(lambda: writing(401))
    await demote(3, "admin")
    await until(lambda: writing(201))


async def test_a_copy_from_before_makers_were_told_is_filled_as_events_come_again(
    house: House, admin: Caller, login: Login
) -> None:
    made, maker = await made_by(house, admin, login, "admin")
    system = await house.system("leads")
    sql = """select k.maker_id, m.roles from directory_key k
      left join directory_member m on m.tenant_id = k.tenant_id and m.id = k.maker_id
      where k.id = $1"""

    async def kept(connection: Connection) -> tuple[Any, ...]:
        row = await connection.fetchrow(sql, UUID(made["id"]))
        return tuple(row or ())

    async with system.system() as connection:
        maker_id = UUID(maker.rpartition("/")[2])
        assert await kept(connection) == (maker_id, ["admin"])
        await connection.execute("update directory_key set maker_id = null")
        await connection.execute("update directory_member set roles = null")
        assert await kept(connection) == (None, None)
        for aggregate in ("member", "key"):
            async with (await house.system("identity")).system() as owner, owner.transaction():
                told = newest(owner, "identity", aggregate, admin.actor.tenant_id)
                await DirectoryCopy().apply(connection, [event async for event in told])
        assert await kept(connection) == (maker_id, ["admin"])


async def _is(client: httpx.AsyncClient, secret: str, wanted: int) -> bool:
    return await status(client, secret) == wanted


async def test_a_key_reaches_its_own_tenant_alone(
    house: House, admin: Caller, login: Login, leads: httpx.AsyncClient
) -> None:
    there = await login("leads", "admin", tenant=ids.new())
    foreign = (await there.post(LEADS, json=LEAD)).json()
    made = await let_in(house, admin, roles=["admin"])
    headers = bearer(made["secret"])
    assert (await leads.get(f"{LEADS}/{foreign['id']}", headers=headers)).status_code == 404
    assert (await leads.get(LEADS, headers=headers)).json()["items"] == []
    moved = unknown_key(there.actor.tenant_id, UUID(made["id"]))
    assert await status(leads, moved) == 401


async def test_every_wrong_key_is_answered_as_every_wrong_token(
    house: House, admin: Caller, leads: httpx.AsyncClient
) -> None:
    made = await let_in(house, admin)
    wrong = [
        "crm_live_x",
        made["prefix"],
        made["secret"][:-1],
        unknown_key(admin.actor.tenant_id, UUID(made["id"])),
        unknown_key(admin.actor.tenant_id, ids.new()),
        unknown_key(ids.new(), UUID(made["id"])),
        "eyJhbGciOiJub25lIn0.e30.",
    ]
    answers = [await leads.get(LEADS, headers=bearer(secret)) for secret in wrong]
    told = {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}
    assert told == {(401, "token.invalid", "a valid bearer token is needed")}


async def test_a_use_in_another_service_is_seen_in_identity(
    house: House, admin: Caller, leads: httpx.AsyncClient
) -> None:
    made = await let_in(house, admin)
    app = put_up([house.service("leads")], house.settings("leads"))
    transport = httpx.ASGITransport(app)
    before = clock.now().replace(second=0, microsecond=0)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://x") as one:
        for _ in range(3):
            assert await status(one, made["secret"]) == 200
    await house.caught_up("leads", "identity")
    path = f"/v1/keys/{made['id']}"

    async def seen() -> bool:
        return (await admin.get(path)).json()["last_used_at"] is not None

    await until(seen)
    shown = (await admin.get(path)).json()
    assert shown["last_used_at"] >= before.isoformat()[:16]
    assert shown["version"] == 1


async def test_uses_within_ten_minutes_are_told_once_and_lost_ones_harm_nobody(
    house: House, tenant: UUID
) -> None:
    database = (await house.executor("leads")).database
    key_id, now = ids.new(), clock.now()
    taken = [{(tenant, key_id): now}, {(tenant, key_id): now}, {}]

    async def told() -> int:
        async with database.lend(tenant) as connection:
            return int(await connection.fetchval("select count(*) from event"))

    uses = KeyUses("leads", lambda: database, taken.pop)
    for wanted in (0, 1, 1):
        await uses.flush()
        assert await told() == wanted

    def away() -> Any:
        raise ConnectionError("away")

    await KeyUses("leads", away, lambda: {(tenant, key_id): now}).flush()
    assert await told() == 1


async def test_what_breaks_while_a_key_is_let_in_is_logged_without_it(
    house: House, admin: Caller, leads: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await let_in(house, admin)
    secret = made["secret"]

    def fail(shown: str, kept: list[str]) -> bool:
        raise RuntimeError(f"{secret} against {kept}")

    monkeypatch.setattr(keys, "is_among", fail)
    with structlog.testing.capture_logs(processors=[_tell_error, hide_secrets]) as lines:
        answer = await leads.get(LEADS, headers=bearer(secret))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert any("[hidden] against" in str(line) for line in lines)
    assert secret not in str(lines) + answer.text
