from uuid import UUID

from crmkit.testing.plugin import Login
from tests.identity.samples import new_key, new_member


async def test_a_key_lives_by_mutations(login: Login) -> None:
    admin = await login("identity", "admin")
    create = """
    mutation ($input: ApiKeyCreateInput!) {
      createApiKey(input: $input, idempotencyKey: "one") {
        ... on ApiKeySecret { id name roles prefix secret }
        ... on Problem { code }
      }
    }
    """
    given = {"name": "ERP", "roles": ["PARTNER"], "team": "cn"}
    answer = await admin.graphql("identity", create, input=given)
    key = answer["data"]["createApiKey"]
    assert key["secret"].startswith(f"{key['prefix']}_")
    twin = (await admin.graphql("identity", create, input=given))["data"]["createApiKey"]
    assert twin == key | {"secret": None}
    steps = """
    mutation ($id: UUID!) {
      update: updateApiKey(id: $id, expectedVersion: 1, input: {name: "MES"}) {
        ... on ApiKey { name version }
      }
      rotate: rotateApiKey(id: $id, input: {overlapHours: 0}) {
        ... on ApiKeySecret { secret oldHashUntil }
      }
      revoke: revokeApiKey(id: $id) { ... on ApiKey { version revokedAt } }
      again: revokeApiKey(id: $id) { ... on Problem { code status: httpStatus } }
    }
    """
    told = (await admin.graphql("identity", steps, id=key["id"]))["data"]
    assert told["update"] == {"name": "MES", "version": 2}
    assert told["rotate"]["secret"] not in (None, key["secret"])
    assert told["rotate"]["oldHashUntil"] is None
    assert told["revoke"]["version"] == 4
    assert told["again"] == {"code": "key.revoked", "status": 409}


async def test_keys_are_a_connection_without_secrets(login: Login) -> None:
    admin = await login("identity", "admin")
    for name in ("CI", "ERP", "MES"):
        await new_key(admin, name=name)
    query = """
    { apiKeys(first: 2, filter: {team: ["cn/east"]}) {
        nodes { name lastUsedAt } pageInfo { hasNextPage } } }
    """
    answer = await admin.graphql("identity", query)
    assert answer["data"]["apiKeys"] == {
        "nodes": [{"name": "CI", "lastUsedAt": None}, {"name": "ERP", "lastUsedAt": None}],
        "pageInfo": {"hasNextPage": True},
    }
    for field in ("hash", "oldHash", "secret"):
        refused = await admin.graphql("identity", f"{{ apiKeys {{ nodes {{ {field} }} }} }}")
        assert "data" not in refused or refused["data"] is None


async def test_a_key_says_why_it_does_not_work(login: Login) -> None:
    admin = await login("identity", "admin")
    person = await new_member(admin, roles=["admin"])
    colleague = await login("identity", "admin", member=UUID(person["id"]))
    create = """
    mutation { createApiKey(input: {name: "ERP", roles: [FINANCE]}) {
      ... on ApiKeySecret { id status effectiveRoles effectiveTeam } } }
    """
    made = (await colleague.graphql("identity", create))["data"]["createApiKey"]
    standing = {"status": "ACTIVE", "effectiveRoles": ["finance"], "effectiveTeam": ""}
    assert made == {"id": made["id"]} | standing
    await admin.post(f"/v1/members/{person['id']}/deactivate")
    query = """
    query ($id: UUID!) { apiKey(id: $id) { status effectiveRoles effectiveTeam }
      apiKeys { nodes { status } } }
    """
    told = (await admin.graphql("identity", query, id=made["id"]))["data"]
    assert told["apiKey"] == {"status": "MAKER_LEFT", "effectiveRoles": [], "effectiveTeam": ""}
    assert told["apiKeys"]["nodes"] == [{"status": "MAKER_LEFT"}]
