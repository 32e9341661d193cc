from uuid import UUID

from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import new_pool, seller_of
from tests.leads.samples import new_lead

KEEP = """
mutation ($pool: UUID!) {
  rule: createAssignmentRule(
    input: {name: "All", rank: 1, strategy: LEAST_LOADED, poolId: $pool, sources: ["web"]}
  ) { ... on AssignmentRule { id version strategy } }
  absence: createAbsence(input: {fromOn: "2026-01-01", untilOn: "2026-01-02"}) {
    ... on Absence { id owner { id } }
  }
}
"""
CHANGE = """
mutation ($rule: UUID!, $absence: UUID!, $lead: UUID!) {
  updateAssignmentRule(id: $rule, expectedVersion: 1, input: {rank: 5}) {
    ... on AssignmentRule { rank name }
  }
  updateAbsence(id: $absence, expectedVersion: 1, input: {note: "rest"}) {
    ... on Absence { note fromOn }
  }
  assignLead(id: $lead) { ... on LeadCustody { ownerId strategy ruleId } }
  deleteAbsence(id: $absence) { ... on Absence { version } }
}
"""
SHOW = """
query ($rule: UUID!, $absence: UUID!) {
  assignmentRule(id: $rule) { rank }
  assignmentRules(filter: {strategy: [LEAST_LOADED]}) { nodes { id } }
  absence(id: $absence) { note }
  absences(first: 5) { nodes { id } }
  simulateAssignment(input: {source: "web"}) {
    ruleId strategy memberId poolId
    rules { name fits }
    members { memberId standing open today }
  }
}
"""


async def test_leads_are_assigned_by_graphql_as_by_rest(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    seller = await seller_of(house, login, tenant)
    member = str(seller.actor.member_id)
    pool_id = await new_pool(director, seller)
    kept = (await director.graphql("leads", KEEP, pool=pool_id))["data"]
    assert kept["absence"]["owner"] == {"id": str(director.actor.member_id)}
    names = {"rule": kept["rule"]["id"], "absence": kept["absence"]["id"]}
    shown = (await director.graphql("leads", SHOW, **names))["data"]
    assert shown.pop("simulateAssignment") == {
        "ruleId": names["rule"],
        "strategy": "LEAST_LOADED",
        "memberId": member,
        "poolId": pool_id,
        "rules": [{"name": "All", "fits": True}],
        "members": [{"memberId": member, "standing": "FREE", "open": 0, "today": 0}],
    }
    assert shown == {
        "assignmentRule": {"rank": 1},
        "assignmentRules": {"nodes": [{"id": names["rule"]}]},
        "absence": {"note": ""},
        "absences": {"nodes": [{"id": names["absence"]}]},
    }
    lead = await new_lead(director)
    changed = (await director.graphql("leads", CHANGE, lead=lead["id"], **names))["data"]
    assert changed == {
        "updateAssignmentRule": {"rank": 5, "name": "All"},
        "updateAbsence": {"note": "rest", "fromOn": "2026-01-01"},
        "assignLead": {
            "ownerId": member,
            "strategy": "least_loaded",
            "ruleId": names["rule"],
        },
        "deleteAbsence": {"version": 3},
    }


async def test_a_simulation_asks_for_the_right_to_see_rules(login: Login) -> None:
    outsider = await login("leads", "partner")
    query = '{ simulateAssignment(input: {source: "web"}) { ruleId } }'
    answer = await outsider.graphql("leads", query)
    assert answer["errors"][0]["extensions"]["code"] == "forbidden"
