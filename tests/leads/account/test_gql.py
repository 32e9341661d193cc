from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import new_account

UPDATE = """
mutation ($id: UUID!, $version: Int!, $input: AccountUpdateInput!) {
  updateAccount(id: $id, expectedVersion: $version, input: $input) {
    ... on Account { version name parent { name } }
    ... on Problem { code status: httpStatus }
  }
}
"""


async def test_an_account_lives_by_mutations(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    create = """
    mutation ($input: AccountCreateInput!) {
      createAccount(input: $input, idempotencyKey: "one") { ... on Account { id name version } }
    }
    """
    made = await seller.graphql("leads", create, input={"name": "Acme"})
    assert await seller.graphql("leads", create, input={"name": "Acme"}) == made
    account = made["data"]["createAccount"]
    assert (account["name"], account["version"]) == ("Acme", 1)
    put_away = """
    mutation ($id: UUID!) {
      deleteAccount(id: $id) { ... on Account { version } }
      restoreAccount(id: $id) { ... on Account { version } }
      again: restoreAccount(id: $id) { ... on Problem { code status: httpStatus } }
    }
    """
    answer = await seller.graphql("leads", put_away, id=account["id"])
    assert answer["data"] == {
        "deleteAccount": {"version": 2},
        "restoreAccount": {"version": 3},
        "again": {"code": "account.not_found", "status": 404},
    }


async def test_an_account_shows_its_parent(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    group, shop = await new_account(seller, name="Group"), await new_account(seller, name="Shop")
    change = {"id": shop["id"], "version": 1, "input": {"parentId": group["id"]}}
    answer = await seller.graphql("leads", UPDATE, **change)
    updated = answer["data"]["updateAccount"]
    assert updated == {"version": 2, "name": "Shop", "parent": {"name": "Group"}}
    circle = {"id": group["id"], "version": 1, "input": {"parentId": shop["id"]}}
    refused = await seller.graphql("leads", UPDATE, **circle)
    assert refused["data"]["updateAccount"] == {"code": "account.cycle", "status": 409}


async def test_accounts_are_a_connection(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for name in ("Acme", "Beta", "Gamma"):
        await new_account(seller, name=name)
    query = '{accounts(first: 2, filter: {q: "a"}) {nodes {name} pageInfo {hasNextPage}}}'
    answer = await seller.graphql("leads", query)
    assert answer["data"]["accounts"] == {
        "nodes": [{"name": "Acme"}, {"name": "Beta"}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_a_masked_field_is_null_and_a_foreign_account_too(login: Login) -> None:
    director, seller = await login("leads", "sales_director"), await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    revenue = {"amount": "1.00", "currency": "CNY"}
    account = await new_account(director, annual_revenue=revenue)
    query = "query ($id: UUID!) {account(id: $id) {annualRevenue {amount currency}}}"
    for caller, shown in (
        (director, {"annualRevenue": revenue}),
        (seller, {"annualRevenue": None}),
        (stranger, None),
    ):
        answer = await caller.graphql("leads", query, id=account["id"])
        assert answer["data"] == {"account": shown}
