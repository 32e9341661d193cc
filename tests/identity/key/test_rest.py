from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.db.executor import Call
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Forbidden
from crmkit.kernel.keys import hash_of, whose
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.identity.key import commands
from services.identity.key.consumers import last_uses
from services.identity.key.schemas import KeyCreate, RotateKey
from services.identity.member.domain import Role
from tests.identity.samples import new_key, new_member
from tests.stored import stored
from tests.webhooks.samples import an_event


async def test_a_key_is_shown_once_and_kept_as_its_hash(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin, scopes=[])
    secret = made.pop("secret")
    assert whose(secret) == (admin.actor.tenant_id, admin.actor.tenant_id.__class__(made["id"]))
    assert secret.startswith(f"{made['prefix']}_")
    assert made["maker_id"] == str(admin.actor.member_id)
    path = f"/v1/keys/{made['id']}"
    assert (made["status"], made["effective_roles"]) == ("active", made["roles"])
    assert (await admin.get(path)).json() == made
    assert (await admin.get("/v1/keys")).json()["items"] == [made]
    tables = [await stored(admin, table) for table in ("key", "event", "idempotency")]
    assert hash_of(secret) in tables[0]
    assert not any(secret in table for table in tables)


async def test_neither_history_nor_audit_show_a_hash(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin)
    path = f"/v1/keys/{made['id']}"
    rotated = (await admin.post(f"{path}/rotate", json={})).json()
    history = await admin.get(f"{path}/history")
    assert [entry["type"] for entry in history.json()["items"]] == [
        "key.rotated.v1",
        "key.created.v1",
    ]
    audit = await admin.get("/v1/audit/identity")
    for secret in (made["secret"], rotated["secret"]):
        assert hash_of(secret) not in history.text + audit.text
    assert history.json()["items"][0]["state"]["hash"] is None
    assert "old_hash" not in history.json()["items"][0]["changed"]


async def test_a_twin_is_answered_with_the_same_key_but_not_with_its_secret(login: Login) -> None:
    admin = await login("identity", "admin")
    headers = {"idempotency-key": "one"}
    body = {"name": "ERP", "roles": ["partner"]}
    first = await admin.post("/v1/keys", json=body, headers=headers)
    twin = await admin.post("/v1/keys", json=body, headers=headers)
    assert first.json()["secret"] is not None
    assert twin.json() == first.json() | {"secret": None}
    assert twin.headers["idempotency-replayed"] == "true"
    assert first.json()["secret"] not in await stored(admin, "idempotency")
    assert len((await admin.get("/v1/keys")).json()["items"]) == 1


async def test_a_rotated_key_has_a_new_secret_and_the_old_one_for_a_while(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin)
    path = f"/v1/keys/{made['id']}"
    before = clock.now()
    rotated = (await admin.post(f"{path}/rotate", json={})).json()
    assert rotated["secret"] not in (None, made["secret"])
    assert (rotated["prefix"], rotated["version"]) == (made["prefix"], 2)
    until = datetime.fromisoformat(rotated["old_hash_until"])
    assert timedelta(0) <= until - before - timedelta(hours=24) < timedelta(minutes=1)
    at_once = (await admin.post(f"{path}/rotate", json={"overlap_hours": 0})).json()
    assert at_once["old_hash_until"] is None
    assert hash_of(rotated["secret"]) not in await stored(admin, "key")
    for hours in (-1, 169, "24", 1.5):
        wrong = await admin.post(f"{path}/rotate", json={"overlap_hours": hours})
        assert wrong.status_code == 422


async def test_a_revoked_key_is_revoked_for_good(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin)
    path = f"/v1/keys/{made['id']}"
    await admin.post(f"{path}/rotate", json={})
    revoked = await admin.post(f"{path}/revoke")
    assert revoked.json()["revoked_at"] is not None
    assert revoked.json()["old_hash_until"] is None
    assert "secret" not in revoked.json()
    for again in (f"{path}/revoke", f"{path}/rotate"):
        answer = await admin.post(again, json={})
        assert (answer.status_code, answer.json()["code"]) == (409, "key.revoked")
    assert await admin.emitted(made["id"]) == [
        "key.created.v1",
        "key.rotated.v1",
        "key.revoked.v1",
    ]


async def test_a_key_is_renamed_and_nothing_else(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin)
    path, match = f"/v1/keys/{made['id']}", {"if-match": '"1"'}
    assert (await admin.patch(path, json={"name": "MES"})).status_code == 428
    renamed = await admin.patch(path, json={"name": "MES"}, headers=match)
    assert (renamed.json()["name"], renamed.json()["version"]) == ("MES", 2)
    more: dict[str, Any] = {"roles": ["admin"], "scopes": ["x"], "expires_at": None, "hash": ""}
    for field, value in more.items():
        refused = await admin.patch(path, json={field: value}, headers={"if-match": '"2"'})
        assert refused.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"roles": []}, "/roles"),
        ({"roles": ["system"]}, "/roles/0"),
        ({"scopes": ["with space"]}, "/scopes/0"),
        ({"scopes": ["x"] * 17}, "/scopes"),
        ({"team": "CN"}, "/team"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"hash": "x"}, "/hash"),
        ({"secret": "x"}, "/secret"),
    ],
)
async def test_a_key_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    admin = await login("identity", "admin")
    answer = await admin.post("/v1/keys", json={"name": "ERP", "roles": ["partner"], **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_key_has_no_scope_that_its_maker_or_rotator_has_not(login: Login) -> None:
    writer = await login("identity", "admin", scopes=["history:write"])
    plain = await login("identity", "admin")
    body = {"name": "ERP", "roles": ["partner"], "scopes": ["history:write"]}
    refused = await plain.post("/v1/keys", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "key.beyond")
    made = await new_key(writer, scopes=["history:write", "history:write"])
    assert made["scopes"] == ["history:write"]
    rotated = await plain.post(f"/v1/keys/{made['id']}/rotate", json={})
    assert (rotated.status_code, rotated.json()["code"]) == (403, "key.beyond")
    assert (await plain.post(f"/v1/keys/{made['id']}/revoke")).status_code == 200


async def test_a_key_makes_no_keys_but_renews_itself(house: House, login: Login) -> None:
    admin = await login("identity", "admin")
    made = await admin(commands.create_key, KeyCreate(name="CI", roles=[Role.ADMIN]))
    program = Caller(
        admin.client,
        Actor(admin.actor.tenant_id, made.id, frozenset({"admin"}), kind="key"),
        admin.executor,
    )
    with pytest.raises(Exception, match="made by people"):
        await program(commands.create_key, KeyCreate(name="CI 2", roles=[Role.PARTNER]))
    renewed = await program(commands.rotate_key, made.id, RotateKey(overlap_hours=1))
    assert renewed.version == 2


@pytest.mark.parametrize("role", ["sales_director", "partner", "finance"])
async def test_nobody_but_admins_and_auditors_sees_keys(login: Login, role: str) -> None:
    admin, auditor = await login("identity", "admin"), await login("identity", "auditor")
    other = await login("identity", role)
    made = await new_key(admin)
    assert (await auditor.get(f"/v1/keys/{made['id']}")).status_code == 200
    assert (await auditor.post("/v1/keys", json={"name": "x", "roles": [role]})).status_code == 403
    assert (await other.get(f"/v1/keys/{made['id']}")).status_code == 404
    assert (await other.get("/v1/keys")).status_code == 403
    assert (await other.post("/v1/keys", json={"name": "x", "roles": [role]})).status_code == 403


async def test_of_two_rotations_at_once_both_leave_one_secret_that_holds(login: Login) -> None:
    admin = await login("identity", "admin")
    made = await new_key(admin)
    path = f"/v1/keys/{made['id']}/rotate"
    first = await admin.post(path, json={"overlap_hours": 0}, headers={"if-match": '"1"'})
    late = await admin.post(path, json={"overlap_hours": 0}, headers={"if-match": '"1"'})
    assert (first.status_code, late.status_code) == (200, 412)
    assert hash_of(first.json()["secret"]) in await stored(admin, "key")


async def test_a_key_has_itself_rotated_and_no_other(login: Login) -> None:
    """Or one that is about to end would go on as another."""
    admin = await login("identity", "admin")
    made = (await admin.post("/v1/keys", json={"name": "ERP", "roles": ["admin"]})).json()
    program = replace(admin.actor, kind="key", member_id=ids.new())
    with pytest.raises(Forbidden) as refused:
        await admin.executor.write(
            Call(program), commands.rotate_key, UUID(made["id"]), RotateKey()
        )
    assert refused.value.code == "key.by_key"
    itself = replace(program, member_id=UUID(made["id"]))
    rotated = await admin.executor.write(
        Call(itself), commands.rotate_key, UUID(made["id"]), RotateKey()
    )
    assert rotated.row.version == 2


async def test_a_key_says_why_it_does_not_work(login: Login) -> None:
    admin = await login("identity", "admin")
    person = await new_member(admin, roles=["admin"], team="cn/east")
    colleague = await login("identity", "admin", member=UUID(person["id"]))
    roles = ["sales_manager", "finance"]
    made = await new_key(colleague, roles=roles, team="cn/east/shanghai-1")
    path, maker = f"/v1/keys/{made['id']}", f"/v1/members/{person['id']}"

    async def shown() -> tuple[str, list[str], str]:
        key = (await admin.get(path)).json()
        assert key in (await admin.get("/v1/keys")).json()["items"]
        return key["status"], key["effective_roles"], key["effective_team"]

    async def change(**fields: Any) -> None:
        version = (await admin.get(maker)).json()["version"]
        changed = await admin.patch(maker, json=fields, headers={"if-match": f'"{version}"'})
        assert changed.status_code == 200

    assert await shown() == ("active", roles, "cn/east/shanghai-1")
    await change(roles=["sales_manager"])
    assert await shown() == ("limited", ["sales_manager"], "cn/east/shanghai-1")
    await change(team="cn/west")
    assert await shown() == ("limited", ["sales_manager"], "")
    await change(roles=["delivery"])
    assert await shown() == ("maker_powerless", [], "")
    refused = await admin.post(f"{path}/rotate", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "key.maker_powerless")
    await admin.post(f"{maker}/deactivate")
    assert await shown() == ("maker_left", [], "")
    refused = await admin.post(f"{path}/rotate", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "key.maker_left")
    await admin.post(f"{path}/revoke")
    assert await shown() == ("revoked", [], "")


async def test_a_record_of_the_maker_bounds_a_key_as_their_token_does(login: Login) -> None:
    admin = await login("identity", "admin")
    person = await new_member(admin, roles=["sales_rep"])
    demoted = await login("identity", "admin", member=UUID(person["id"]))
    beyond = await demoted.post("/v1/keys", json={"name": "ERP", "roles": ["finance"]})
    assert (beyond.status_code, beyond.json()["code"]) == (403, "key.beyond")
    within = await new_key(demoted, roles=["sales_rep"], team="")
    assert (within["status"], within["effective_roles"]) == ("active", ["sales_rep"])
    await admin.post(f"/v1/members/{person['id']}/deactivate")
    left = await demoted.post("/v1/keys", json={"name": "ERP", "roles": ["sales_rep"]})
    assert (left.status_code, left.json()["code"]) == (403, "key.maker_left")


async def test_a_key_is_shown_as_of_an_instant_with_its_last_use_and_standing(
    house: House, login: Login
) -> None:
    admin = await login("identity", "admin")
    key_id = (await new_key(admin))["id"]
    path = f"/v1/keys/{key_id}"
    shown, instants = [], []

    async def look() -> None:
        shown.append((await admin.get(path)).json())
        instants.append(clock.now().isoformat())

    await look()
    for _ in range(2):
        used = an_event(admin.actor.tenant_id, "leads_key_use.noted.v1", subject=UUID(key_id))
        async with (await house.system("identity")).transaction() as connection:
            await last_uses.apply(connection, [msgspec.structs.replace(used, time=clock.now())])
        await look()
    await admin.post(f"{path}/revoke")
    await look()
    uses = [each["last_used_at"] for each in shown]
    assert uses[0] is None
    assert uses[1] < uses[2] == uses[3]
    assert [each["status"] for each in shown] == ["active", "active", "active", "revoked"]
    for instant, then in zip(instants, shown, strict=True):
        assert (await admin.get(path, params={"as_of": instant})).json() == then
    gone = await admin.get(path, params={"as_of": "2020-01-01T00:00:00Z"})
    assert (gone.status_code, gone.json()["code"]) == (404, "key.not_found")
    async with (await house.system("identity")).system() as connection:
        await connection.execute("delete from past where id = $1", UUID(key_id))
    told = [(await admin.get(path, params={"as_of": each})).json() for each in instants]
    assert [each["last_used_at"] for each in told] == [None, None, uses[2], uses[3]]
