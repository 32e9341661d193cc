from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import new_account, new_lead, qualified_lead

CREATE = """
mutation ($input: LeadCreateInput!, $key: String) {
  createLead(input: $input, idempotencyKey: $key) {
    __typename
    ... on Lead { id version company status budget { amount currency } }
    ... on Problem { code http: httpStatus errors { pointer code } }
  }
}
"""
UPDATE = """
mutation ($id: UUID!, $version: Int!, $input: LeadUpdateInput!) {
  updateLead(id: $id, expectedVersion: $version, input: $input) {
    ... on Lead { version need }
    ... on Problem { code status: httpStatus }
  }
}
"""


async def test_a_lead_created_by_graphql_is_the_one_rest_shows(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    budget = {"amount": "3.10", "currency": "CNY"}
    given = {"company": "Acme", "source": "web", "budget": budget}
    answer = await seller.graphql("leads", CREATE, input=given)
    lead = answer["data"]["createLead"]
    assert (lead["__typename"], lead["status"], lead["budget"]) == ("Lead", "NEW", budget)
    shown = (await seller.get(f"/v1/leads/{lead['id']}")).json()
    assert (shown["company"], shown["budget"]) == ("Acme", budget)


async def test_a_mutation_that_breaks_a_rule_answers_a_problem(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.graphql("leads", CREATE, input={"company": "", "source": "The Web"})
    problem = answer["data"]["createLead"]
    assert (problem["__typename"], problem["http"]) == ("Problem", 422)
    assert {fault["pointer"] for fault in problem["errors"]} == {"/company", "/source"}


async def test_a_mutation_sent_twice_under_one_key_acts_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    given = {"company": "Acme", "source": "web"}
    first = await seller.graphql("leads", CREATE, input=given, key="one")
    again = await seller.graphql("leads", CREATE, input=given, key="one")
    assert again == first
    assert len((await seller.get("/v1/leads")).json()["items"]) == 1


async def test_an_update_names_the_version_it_changes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    change = {"id": lead["id"], "version": 1, "input": {"need": "a line"}}
    done = await seller.graphql("leads", UPDATE, **change)
    assert done["data"]["updateLead"] == {"version": 2, "need": "a line"}
    stale = await seller.graphql("leads", UPDATE, **change)
    assert stale["data"]["updateLead"] == {"code": "stale", "status": 412}


async def test_a_lead_takes_its_life_by_mutations(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    steps = """
    mutation ($id: UUID!) {
      work: workLead(id: $id) { ... on Lead { status } }
      qualify: qualifyLead(id: $id, input: {intent: A}) { ... on Lead { status intent } }
      disqualify: disqualifyLead(id: $id, input: {reason: "no money"}) {
        ... on Lead { status disqualifiedReason }
      }
      reopen: reopenLead(id: $id) { ... on Lead { status } }
      again: reopenLead(id: $id) { ... on Problem { code status: httpStatus } }
      delete: deleteLead(id: $id) { ... on Lead { version } }
      restore: restoreLead(id: $id) { ... on Lead { version status } }
    }
    """
    answer = await seller.graphql("leads", steps, id=lead["id"])
    assert answer["data"] == {
        "work": {"status": "WORKING"},
        "qualify": {"status": "QUALIFIED", "intent": "A"},
        "disqualify": {"status": "DISQUALIFIED", "disqualifiedReason": "no money"},
        "reopen": {"status": "WORKING"},
        "again": {"code": "lifecycle.illegal", "status": 409},
        "delete": {"version": 6},
        "restore": {"version": 7, "status": "WORKING"},
    }


async def test_a_converted_lead_shows_its_account(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller, name="Acme Group")
    lead = await qualified_lead(seller)
    convert = """
    mutation ($id: UUID!, $account: UUID!) {
      convertLead(id: $id, input: {accountId: $account}) {
        ... on Lead { status opportunityId account { id name } }
      }
    }
    """
    answer = await seller.graphql("leads", convert, id=lead["id"], account=account["id"])
    converted = answer["data"]["convertLead"]
    assert converted["account"] == {"id": account["id"], "name": "Acme Group"}
    assert converted["opportunityId"]


async def test_a_connection_is_filtered_and_paged(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for n in range(3):
        await new_lead(seller, company=f"Acme {n}")
    query = """
    query ($after: String) {
      leads(first: 2, after: $after, sort: "company", filter: {status: [NEW]}) {
        nodes { company }
        pageInfo { hasNextPage endCursor }
      }
    }
    """
    first = (await seller.graphql("leads", query))["data"]["leads"]
    assert [node["company"] for node in first["nodes"]] == ["Acme 0", "Acme 1"]
    after = first["pageInfo"]["endCursor"]
    rest = (await seller.graphql("leads", query, after=after))["data"]["leads"]
    assert [node["company"] for node in rest["nodes"]] == ["Acme 2"]
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_a_lead_out_of_scope_is_null(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    lead = await new_lead(seller)
    query = "query ($id: UUID!) { lead(id: $id) { id } }"
    assert (await seller.graphql("leads", query, id=lead["id"]))["data"]["lead"]
    for caller in (other, stranger):
        answer = await caller.graphql("leads", query, id=lead["id"])
        assert answer["data"] == {"lead": None}
