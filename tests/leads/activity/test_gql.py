from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_contact, new_lead

APRIL = "2026-04-02T09:00:00Z"


async def test_an_activity_lives_by_mutations(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    plan = """
    mutation ($input: ActivityPlanInput!) {
      planActivity(input: $input) { ... on Activity { id kind status dueAt } }
    }
    """
    given = {"kind": "VISIT", "subject": "See the plant", "dueAt": APRIL}
    activity = (await seller.graphql("leads", plan, input=given))["data"]["planActivity"]
    assert (activity["kind"], activity["status"], activity["dueAt"]) == ("VISIT", "PLANNED", APRIL)
    steps = """
    mutation ($id: UUID!) {
      update: updateActivity(id: $id, expectedVersion: 1, input: {kind: MEETING}) {
        ... on Activity { kind subject }
      }
      stale: updateActivity(id: $id, expectedVersion: 1, input: {kind: CALL}) {
        ... on Problem { code http: httpStatus }
      }
      complete: completeActivity(id: $id, input: {outcome: "Good"}) {
        ... on Activity { status outcome version }
      }
      cancel: cancelActivity(id: $id) { ... on Problem { code http: httpStatus } }
    }
    """
    answer = await seller.graphql("leads", steps, id=activity["id"])
    assert answer["data"] == {
        "update": {"kind": "MEETING", "subject": "See the plant"},
        "stale": {"code": "stale", "http": 412},
        "complete": {"status": "DONE", "outcome": "Good", "version": 3},
        "cancel": {"code": "lifecycle.illegal", "http": 409},
    }


async def test_a_logged_call_shows_its_lead_and_account(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead, account = await new_lead(seller), await new_account(seller, name="Acme Group")
    log = """
    mutation ($input: ActivityLogInput!) {
      logActivity(input: $input, idempotencyKey: "one") {
        ... on Activity { id lead { company status } account { name } }
        ... on Problem { code http: httpStatus }
      }
    }
    """
    call = {"kind": "CALL", "subject": "First call"}
    given = call | {"leadId": lead["id"], "accountId": account["id"]}
    answer = await seller.graphql("leads", log, input=given)
    logged = answer["data"]["logActivity"]
    assert logged["lead"] == {"company": "Acme", "status": "WORKING"}
    assert logged["account"] == {"name": "Acme Group"}
    assert await seller.graphql("leads", log, input=given) == answer


async def test_a_call_shows_with_whom_and_they_show_their_calls(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    contact = await new_contact(seller, await new_account(seller))
    for about in ({"contact_id": contact["id"]}, {}):
        await made(seller, "/v1/activities/log", {"kind": "call", "subject": "x"} | about)
    query = """
    query ($id: UUID!) {
      contact(id: $id) { activities { nodes { subject contact { name } } } }
      activities(filter: {contactIdNull: true}) { nodes { contact { name } } }
    }
    """
    data = (await seller.graphql("leads", query, id=contact["id"]))["data"]
    (call,) = data["contact"]["activities"]["nodes"]
    assert call == {"subject": "x", "contact": {"name": contact["name"]}}
    assert data["activities"]["nodes"] == [{"contact": None}]


async def test_activities_are_a_connection(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for kind in ("call", "demo", "demo"):
        await made(seller, "/v1/activities/log", {"kind": kind, "subject": kind})
    query = """
    { activities(first: 1, filter: {kind: [DEMO], status: [DONE]}) {
        nodes { kind lead { id } account { id } } pageInfo { hasNextPage } } }
    """
    answer = await seller.graphql("leads", query)
    assert answer["data"]["activities"] == {
        "nodes": [{"kind": "DEMO", "lead": None, "account": None}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_an_activity_out_of_scope_is_null(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    activity = await made(seller, "/v1/activities/log", {"kind": "call", "subject": "x"})
    query = "query ($id: UUID!) { activity(id: $id) { subject } }"
    shown = await seller.graphql("leads", query, id=activity["id"])
    assert shown["data"] == {"activity": {"subject": "x"}}
    for caller in (other, stranger):
        hidden = await caller.graphql("leads", query, id=activity["id"])
        assert hidden["data"] == {"activity": None}
