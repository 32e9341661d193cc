from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_contact


async def test_a_contact_lives_by_mutations(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller)
    create = """
    mutation ($input: ContactCreateInput!) {
      createContact(input: $input, idempotencyKey: "one") {
        ... on Contact { id phone role account { name } owner { id } }
      }
    }
    """
    given = {"accountId": account["id"], "name": "王静", "phone": "13800138000", "role": "BUYER"}
    answer = await seller.graphql("leads", create, input=given)
    assert await seller.graphql("leads", create, input=given) == answer
    contact = answer["data"]["createContact"]
    assert (contact["phone"], contact["role"]) == ("+8613800138000", "BUYER")
    assert contact["account"] == {"name": "Acme"}
    assert contact["owner"] == {"id": account["owner_id"]}
    steps = """
    mutation ($id: UUID!) {
      update: updateContact(id: $id, expectedVersion: 1, input: {isPrimary: true}) {
        ... on Contact { isPrimary }
      }
      stale: updateContact(id: $id, expectedVersion: 1, input: {title: "CFO"}) {
        ... on Problem { code status: httpStatus }
      }
      rate: rateContact(id: $id, input: {level: 4}) { ... on Contact { relationshipLevel } }
      unheard: rateContact(id: $id, input: {level: 9}) { ... on Problem { status: httpStatus } }
      delete: deleteContact(id: $id) { ... on Contact { version isPrimary } }
      restore: restoreContact(id: $id) { ... on Contact { version } }
    }
    """
    answer = await seller.graphql("leads", steps, id=contact["id"])
    assert answer["data"] == {
        "update": {"isPrimary": True},
        "stale": {"code": "stale", "status": 412},
        "rate": {"relationshipLevel": 4},
        "unheard": {"status": 422},
        "delete": {"version": 4, "isPrimary": False},
        "restore": {"version": 5},
    }


async def test_an_account_shows_its_contacts(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller)
    for name, level in (("A", 1), ("B", 4), ("C", 5)):
        await new_contact(seller, account, name=name, relationship_level=level)
    await new_contact(seller, await new_account(seller), name="elsewhere")
    query = """
    query ($id: UUID!) {
      account(id: $id) {
        contacts(first: 1, filter: {relationshipLevelGte: 2}, sort: "-name") {
          nodes { name account { id } } pageInfo { hasNextPage }
        }
      }
      contacts(filter: {q: "elsewhere"}) { nodes { name } }
    }
    """
    answer = await seller.graphql("leads", query, id=account["id"])
    assert answer["data"] == {
        "account": {
            "contacts": {
                "nodes": [{"name": "C", "account": {"id": account["id"]}}],
                "pageInfo": {"hasNextPage": True},
            }
        },
        "contacts": {"nodes": [{"name": "elsewhere"}]},
    }


async def test_a_contact_out_of_scope_is_null(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    account = await new_account(seller)
    contact = await made(seller, "/v1/contacts", {"account_id": account["id"], "name": "王静"})
    query = """query ($id: UUID!, $account: UUID!) {
      contact(id: $id) { name } account(id: $account) { contacts { nodes { name } } }
    }"""
    for caller, shown, of_account in (
        (seller, {"name": "王静"}, {"contacts": {"nodes": [{"name": "王静"}]}}),
        (other, None, {"contacts": {"nodes": []}}),
        (stranger, None, None),
    ):
        answer = await caller.graphql("leads", query, id=contact["id"], account=account["id"])
        assert answer["data"] == {"contact": shown, "account": of_account}
