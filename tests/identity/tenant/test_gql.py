from crmkit.testing.plugin import Login

PUT = """
mutation ($input: TenantPutInput!, $version: Int) {
  putTenant(input: $input, expectedVersion: $version) {
    ... on Tenant { version name timeZone baseCurrency fiscalYearStart }
    ... on Problem { code status: httpStatus errors { pointer } }
  }
}
"""
ACME = {"name": "Acme", "timeZone": "Asia/Shanghai", "baseCurrency": "CNY", "fiscalYearStart": 4}


async def test_a_tenant_is_put_and_read(login: Login) -> None:
    admin, seller = await login("identity", "admin"), await login("identity", "sales_rep")
    query = "{ tenant { version name timeZone baseCurrency fiscalYearStart } }"
    assert (await seller.graphql("identity", query))["data"] == {"tenant": None}
    answer = await admin.graphql("identity", PUT, input=ACME)
    assert answer["data"]["putTenant"] == ACME | {"version": 1}
    assert (await seller.graphql("identity", query))["data"] == {"tenant": ACME | {"version": 1}}


async def test_a_tenant_that_is_there_is_replaced_by_version(login: Login) -> None:
    admin = await login("identity", "admin")
    await admin.graphql("identity", PUT, input=ACME)
    bare = await admin.graphql("identity", PUT, input=ACME)
    assert bare["data"]["putTenant"]["code"] == "version.required"
    renamed = ACME | {"name": "Acme Asia"}
    done = await admin.graphql("identity", PUT, input=renamed, version=1)
    assert done["data"]["putTenant"] == renamed | {"version": 2}


async def test_a_tenant_that_breaks_a_rule_is_refused_by_field(login: Login) -> None:
    admin = await login("identity", "admin")
    answer = await admin.graphql("identity", PUT, input=ACME | {"timeZone": "Shanghai"})
    problem = answer["data"]["putTenant"]
    assert (problem["status"], problem["errors"]) == (422, [{"pointer": "/timeZone"}])
