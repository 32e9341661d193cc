from crmkit.testing.plugin import Login
from tests.leads.capture_samples import approved, charged, drafted, yuan
from tests.leads.samples import new_lead

CREATE = """
mutation ($input: CampaignCreateInput!) {
  createCampaign(input: $input, idempotencyKey: "one") {
    ... on Campaign { id status spent { amount } owner { id } }
    ... on Problem { code errors { pointer } }
  }
}
"""
LIFE = """
mutation ($id: UUID!, $cost: RecordCostInput!) {
  approveCampaign(id: $id) { ... on Campaign { status } }
  updateCampaign(id: $id, expectedVersion: 2, input: {name: "Fair"}) {
    ... on Campaign { name } ... on Problem { code }
  }
  startCampaign(id: $id) { ... on Campaign { status } }
  recordCampaignCost(campaignId: $id, input: $cost) {
    ... on CampaignCost { spentOn campaign { spent { amount currency } } }
  }
  endCampaign(id: $id) { ... on Campaign { status } }
  reviseCampaign(id: $id) { ... on Problem { code } }
  cancelCampaign(id: $id, input: {reason: "late"}) { ... on Problem { code } }
}
"""


async def test_a_campaign_lives_by_mutations(login: Login) -> None:
    director = await login("leads", "sales_director")
    budget = {"amount": "10.00", "currency": "CNY"}
    new = {"name": "Fair", "kind": "ADVERTISEMENT", "source": "fair", "budget": budget}
    wrong = (await director.graphql("leads", CREATE, input=new))["data"]["createCampaign"]
    assert wrong["errors"] == [{"pointer": "/channel"}]
    made = await director.graphql("leads", CREATE, input=new | {"channel": "RADIO"})
    campaign = made["data"]["createCampaign"]
    assert (campaign["status"], campaign["spent"]) == ("DRAFT", {"amount": "0.00"})
    cost = {"kind": "MEDIA", "amount": {"amount": "3.00", "currency": "CNY"}}
    cost["spentOn"] = "2026-03-02"
    told = (await director.graphql("leads", LIFE, id=campaign["id"], cost=cost))["data"]
    assert told == {
        "approveCampaign": {"status": "APPROVED"},
        "updateCampaign": {"name": "Fair"},
        "startCampaign": {"status": "RUNNING"},
        "recordCampaignCost": {
            "spentOn": "2026-03-02",
            "campaign": {"spent": {"amount": "3.00", "currency": "CNY"}},
        },
        "endCampaign": {"status": "ENDED"},
        "reviseCampaign": {"code": "lifecycle.illegal"},
        "cancelCampaign": {"code": "lifecycle.illegal"},
    }


async def test_a_cost_is_corrected_and_taken_away(login: Login) -> None:
    director = await login("leads", "sales_director")
    cost = await charged(director, await approved(director))
    mutation = """
    mutation ($id: UUID!) {
      correctCampaignCost(id: $id, expectedVersion: 1, input: {note: "Hall 3"}) {
        ... on CampaignCost { note version }
      }
      deleteCampaignCost(id: $id) { ... on CampaignCost { campaign { spent { amount } } } }
    }
    """
    told = (await director.graphql("leads", mutation, id=cost["id"]))["data"]
    assert told["correctCampaignCost"] == {"note": "Hall 3", "version": 2}
    assert told["deleteCampaignCost"] == {"campaign": {"spent": {"amount": "0.00"}}}


async def test_a_campaign_lists_its_costs_and_leads_and_a_lead_its_campaign(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await approved(director)
    await drafted(director, name="Other")
    await charged(director, campaign, amount=yuan("5.00"))
    await new_lead(director, company="Acme", campaign_id=campaign["id"])
    query = """
    query ($id: UUID!) {
      campaign(id: $id) {
        costs { nodes { amount { amount } } }
        leads { nodes { company campaign { name } referrer { name } } }
      }
      campaigns(filter: {q: "spring"}) { nodes { name } }
      campaignCosts { nodes { kind } }
    }
    """
    told = (await director.graphql("leads", query, id=campaign["id"]))["data"]
    assert told["campaign"]["costs"]["nodes"] == [{"amount": {"amount": "5.00"}}]
    lead = {"company": "Acme", "campaign": {"name": "Spring fair"}, "referrer": None}
    assert told["campaign"]["leads"]["nodes"] == [lead]
    assert told["campaigns"]["nodes"] == [{"name": "Spring fair"}]
    assert told["campaignCosts"]["nodes"] == [{"kind": "VENUE"}]
