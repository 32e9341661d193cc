"""客户信息库 all that is known of an account, asked of the account at once."""

from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import INTENT, made, new_account, new_contact, new_lead

BASIC = {"name": "Hengling", "industry": "packaging", "region": "Jiangsu", "grade": "a"}
SAID = "They compare us with two others"
WHOLE = """
query ($id: UUID!) {
  account(id: $id) {
    name industry region grade lifecycle
    contacts { nodes { name } }
    leads { nodes { company intent need status } }
    activities { nodes { subject notes } }
    followUps { nodes { name status } }
    surveys { nodes { status } }
    dueDiligences { nodes { reason } }
    marketIntel { nodes { subject facet } }
  }
}
"""


async def test_facts_intent_and_what_was_said_are_asked_of_an_account_at_once(
    login: Login,
) -> None:
    """基本信息、意向、沟通记录, and nothing of another account."""
    director = await login("leads", "sales_director")
    steps = [{"after_days": 3, "kind": "call", "subject": "How is it?"}]
    template = await made(director, "/v1/follow-up-templates", {"name": "Care", "steps": steps})
    question = {"key": "how", "text": "How was it?", "kind": "scale5"}
    asked = {"name": "Yearly", "questions": [question]}
    questions = await made(director, "/v1/survey-templates", asked)
    accounts = [await new_account(director, **BASIC), await new_account(director, name="Other")]
    for account in accounts:
        of = {"account_id": account["id"]}
        await new_contact(director, account)
        lead = await new_lead(director, company=account["name"])
        path = f"/v1/leads/{lead['id']}"
        await made(director, f"{path}/qualify", INTENT)
        await made(director, f"{path}/convert", of)
        call = {"kind": "call", "subject": "First call", "notes": SAID}
        await made(director, "/v1/activities/log", call | of)
        await made(director, "/v1/follow-ups", {"template_id": template["id"]} | of)
        await made(director, "/v1/surveys", {"template_id": questions["id"]} | of)
        await made(director, "/v1/due-diligence", {"reason": "Credit"} | of)
        news = {"kind": "competitor", "subject": "They cut prices", "source": "A buyer"}
        await made(director, "/v1/market-intel", news | {"facet": "price"} | of)
    answer = await director.graphql("leads", WHOLE, id=accounts[0]["id"])
    assert answer["data"]["account"] == BASIC | {
        "grade": "A",
        "lifecycle": "PROSPECT",
        "contacts": {"nodes": [{"name": "王静"}]},
        "leads": {
            "nodes": [
                {
                    "company": "Hengling",
                    "intent": str(INTENT["intent"]).upper(),
                    "need": INTENT["need"],
                    "status": "CONVERTED",
                }
            ]
        },
        "activities": {"nodes": [{"subject": "First call", "notes": SAID}]},
        "followUps": {"nodes": [{"name": "Care", "status": "RUNNING"}]},
        "surveys": {"nodes": [{"status": "PLANNED"}]},
        "dueDiligences": {"nodes": [{"reason": "Credit"}]},
        "marketIntel": {"nodes": [{"subject": "They cut prices", "facet": "PRICE"}]},
    }


async def test_what_was_signed_and_offered_is_told_of_the_account_by_whoever_owns_it(
    login: Login,
) -> None:
    """历史交易: contracts and deals are fields of an account, each by who may see them."""
    account_id, other = str(ids.new()), str(ids.new())
    seller = await login("contracts", "sales_rep")
    rival = await login("contracts", "sales_rep")
    price = {"amount": "12000.00", "currency": "CNY"}
    for title, about in (("Press line", account_id), ("Spare parts", other)):
        body = {"title": title, "account_id": about, "amount": price}
        await made(seller, "/v1/contracts", body)
    query = """query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Account { contracts { nodes { title status amount { amount } } } } } }"""
    of = [{"__typename": "Account", "id": account_id}]
    drafted = {"title": "Press line", "status": "DRAFT", "amount": {"amount": "12000.00"}}
    for caller, nodes in ((seller, [drafted]), (rival, [])):
        answer = await caller.graphql("contracts", query, of=of)
        assert answer["data"]["_entities"] == [{"contracts": {"nodes": nodes}}]
