from crmkit.testing.house import Caller

_DRAFT = """
mutation ($input: ContractCreateInput!) {
  draftContract(input: $input) { ... on Contract { id version } ... on Problem { code } }
}
"""
_PLAN = """
mutation ($id: UUID!, $input: InstalmentPlanInput!) {
  planInstalments(contractId: $id, input: $input) {
    ... on Contract { planRevision } ... on Problem { code errors { pointer } }
  }
}
"""
_SIGN = """
mutation ($id: UUID!) {
  signContract(id: $id, input: {}) {
    ... on Contract { status } ... on Problem { code http: httpStatus }
  }
}
"""
_PAY = """
mutation ($id: UUID!, $amount: PaymentInput!) {
  recordReceipt(instalmentId: $id, input: {amount: $amount}) {
    ... on Receipt { amount { amount } instalment { status contract { status } } }
    ... on Problem { code }
  }
}
"""
_OWED = """
query ($id: UUID!) {
  instalments(filter: {contractId: [$id]}, sort: "sequence") { nodes { id dueOn status } }
}
"""
_AMOUNT = {"amount": "50.00", "currency": "CNY"}


async def test_a_contract_is_drafted_planned_signed_and_paid_over_graphql(
    admin: Caller,
) -> None:
    caller = admin
    drafted = await caller.graphql(
        "contracts", _DRAFT, input={"title": "G", "amount": _AMOUNT | {"amount": "100.00"}}
    )
    contract_id = drafted["data"]["draftContract"]["id"]
    plan = [{"dueOn": f"2027-0{n}-01", "amount": _AMOUNT} for n in (1, 2)]
    planned = await caller.graphql("contracts", _PLAN, id=contract_id, input={"instalments": plan})
    assert planned["data"]["planInstalments"] == {"planRevision": 1}
    signed = await caller.graphql("contracts", _SIGN, id=contract_id)
    assert signed["data"]["signContract"] == {"status": "SIGNED"}
    owed = await caller.graphql("contracts", _OWED, id=contract_id)
    nodes = owed["data"]["instalments"]["nodes"]
    assert [node["dueOn"] for node in nodes] == ["2027-01-01", "2027-02-01"]
    for node, status in zip(nodes, ("SIGNED", "COMPLETED"), strict=True):
        paid = await caller.graphql("contracts", _PAY, id=node["id"], amount=_AMOUNT)
        assert paid["data"]["recordReceipt"] == {
            "amount": {"amount": "50.00"},
            "instalment": {"status": "PAID", "contract": {"status": status}},
        }


async def test_refusals_are_problems_of_the_mutation(admin: Caller) -> None:
    drafted = await admin.graphql(
        "contracts", _DRAFT, input={"title": "G", "amount": _AMOUNT | {"amount": "0.00"}}
    )
    contract_id = drafted["data"]["draftContract"]["id"]
    signed = await admin.graphql("contracts", _SIGN, id=contract_id)
    assert signed["data"]["signContract"] == {"code": "contract.no_amount", "http": 409}
    plan = [{"dueOn": "2027-01-01", "amount": _AMOUNT | {"currency": "EUR"}}]
    planned = await admin.graphql("contracts", _PLAN, id=contract_id, input={"instalments": plan})
    assert planned["data"]["planInstalments"]["code"] == "money.currency"
