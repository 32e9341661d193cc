from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY
from tests.leads.timeline.test_rest import life, told

QUERY = """
query ($id: UUID!, $first: Int!, $after: String, $kind: TimelineKind) {
  account(id: $id) {
    timeline(first: $first, after: $after, kind: $kind) {
      edges { cursor node {
        id at kind title status type actor changed
        lead { company } activity { subject } contact { name }
      } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


async def test_graphql_tells_what_rest_tells_with_the_records(login: Login) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    account = await life(director)
    asked = {"id": account["id"], "first": 4}
    page = (await director.graphql("leads", QUERY, **asked))["data"]["account"]["timeline"]
    nodes = [edge["node"] for edge in page["edges"]]
    assert page["pageInfo"]["hasNextPage"]
    asked["after"] = page["pageInfo"]["endCursor"]
    rest = (await director.graphql("leads", QUERY, **asked))["data"]["account"]["timeline"]
    assert not rest["pageInfo"]["hasNextPage"]
    nodes += [edge["node"] for edge in rest["edges"]]
    plain = await told(director, account)
    assert [node["id"] for node in nodes] == [entry["id"] for entry in plain]
    for node, entry in zip(nodes, plain, strict=True):
        assert node["kind"] == entry["kind"].upper()
        for name in ("at", "title", "status", "type", "actor", "changed"):
            assert node[name] == entry[name]
    assert [node["contact"] for node in nodes if node["contact"]] == [{"name": "王静"}]
    assert [node["activity"] for node in nodes if node["activity"]] == [{"subject": "First call"}]
    assert [node["lead"] for node in nodes if node["lead"]] == [{"company": "Lead"}]


async def test_a_kind_and_a_size_are_asked_for(login: Login) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    asked = {"id": (await life(director))["id"], "first": 10, "kind": "LEAD"}
    page = (await director.graphql("leads", QUERY, **asked))["data"]["account"]["timeline"]
    assert [edge["node"]["kind"] for edge in page["edges"]] == ["LEAD"]
    for wrong in ({"first": 0}, {"after": "x"}):
        refused = await director.graphql("leads", QUERY, **asked | wrong)
        assert refused["data"] == {"account": None}
        assert refused["errors"][0]["extensions"]["code"] in {
            "parameter.invalid",
            "cursor.invalid",
        }
