from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.identity.samples import new_member


async def test_a_member_lives_by_mutations(login: Login) -> None:
    admin = await login("identity", "admin")
    create = """
    mutation ($input: MemberCreateInput!) {
      createMember(input: $input, idempotencyKey: "one") {
        ... on Member { id name roles active }
        ... on Problem { code status: httpStatus }
      }
    }
    """
    given = {"name": "Li Wei", "roles": ["ADMIN", "SALES_REP"], "email": "li@acme.cn"}
    answer = await admin.graphql("identity", create, input=given)
    member = answer["data"]["createMember"]
    assert (member["name"], member["roles"]) == ("Li Wei", ["sales_rep", "admin"])
    assert await admin.graphql("identity", create, input=given) == answer
    steps = """
    mutation ($id: UUID!) {
      update: updateMember(id: $id, expectedVersion: 1, input: {team: "cn/east", email: null}) {
        ... on Member { team email version roles }
      }
      stale: updateMember(id: $id, expectedVersion: 1, input: {team: "cn"}) {
        ... on Problem { code status: httpStatus }
      }
      leave: deactivateMember(id: $id) { ... on Member { active } }
      again: deactivateMember(id: $id) { ... on Problem { code status: httpStatus } }
      back: reactivateMember(id: $id) { ... on Member { active version } }
    }
    """
    answer = await admin.graphql("identity", steps, id=member["id"])
    assert answer["data"] == {
        "update": {
            "team": "cn/east",
            "email": None,
            "version": 2,
            "roles": ["sales_rep", "admin"],
        },
        "stale": {"code": "stale", "status": 412},
        "leave": {"active": False},
        "again": {"code": "member.inactive", "status": 409},
        "back": {"active": True, "version": 4},
    }


async def test_a_member_shows_their_manager(login: Login) -> None:
    admin, partner = await login("identity", "admin"), await login("identity", "partner")
    stranger = await login("identity", "admin", tenant=ids.new())
    chief = await new_member(admin, name="Chen Jie", email="chen@acme.cn")
    seller = await new_member(admin, manager_id=chief["id"])
    query = "query ($id: UUID!) { member(id: $id) { manager { name email manager { id } } } }"
    for caller, email in ((admin, "chen@acme.cn"), (partner, None)):
        answer = await caller.graphql("identity", query, id=seller["id"])
        manager = {"name": "Chen Jie", "email": email, "manager": None}
        assert answer["data"] == {"member": {"manager": manager}}
    hidden = await stranger.graphql("identity", query, id=seller["id"])
    assert hidden["data"] == {"member": None}


async def test_members_are_a_connection(login: Login) -> None:
    admin = await login("identity", "admin")
    for name in ("An Na", "Chen Jie", "Li Wei"):
        await new_member(admin, name=name, team="cn/east")
    query = """
    { members(first: 2, filter: {team: ["cn/east"], active: [true]}) {
        nodes { name } pageInfo { hasNextPage } } }
    """
    answer = await admin.graphql("identity", query)
    assert answer["data"]["members"] == {
        "nodes": [{"name": "An Na"}, {"name": "Chen Jie"}],
        "pageInfo": {"hasNextPage": True},
    }
