"""The main job over HTTP, each service with an API and a worker process of its own."""

import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from standardwebhooks import WebhookVerificationError

from crmkit.kernel import clock, ids
from crmkit.kernel.period import Grain, period_of
from crmkit.testing.house import until
from tests.e2e.fleet import Fleet, Person, running_fleet
from tests.e2e.receiver import Receiver, receiving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SERVICES = ("identity", "leads", "opportunities", "contracts", "forecast", "reporting", "webhooks")
PRICE = {"amount": "120000.00", "currency": "CNY"}
HALF = {"amount": "60000.00", "currency": "CNY"}
TARGET = {"amount": "480000.00", "currency": "CNY"}
TENANT = {"name": "华星", "time_zone": "UTC", "base_currency": "CNY"}
STORY = {
    "member.created.v1",
    "lead.created.v1",
    "lead.qualified.v1",
    "account.created.v1",
    "lead.converted.v1",
    "opportunity.created.v1",
    "opportunity.stage_changed.v1",
    "opportunity.won.v1",
    "contract.drafted.v1",
    "contract.planned.v1",
    "contract.signed.v1",
    "instalment.scheduled.v1",
    "instalment.paid.v1",
    "receipt.recorded.v1",
    "contract.completed.v1",
    "target.set.v1",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with running_fleet(*SERVICES) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


class Sale:
    """The people of one sale, and how far it has come."""

    def __init__(self, fleet: Fleet) -> None:
        tenant = ids.new()
        today = clock.now().date()
        self.fleet = fleet
        self.admin = fleet.person(tenant, "admin")
        self.rep = fleet.person(tenant, "sales_rep")
        self.director = fleet.person(tenant, "sales_director")
        self.finance = fleet.person(tenant, "finance")
        self.today = today.isoformat()
        self.quarter = period_of(today, Grain.QUARTER).label
        self.month = period_of(today, Grain.MONTH).label
        self.week = period_of(today, Grain.WEEK).label
        self.trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        self.lead = self.deal = self.contract = ""

    @property
    def new_member(self) -> dict[str, Any]:
        known = {"id": str(self.rep.member), "name": "李雷", "team": "cn/east", "region": "华东"}
        return known | {"roles": ["sales_rep"]}

    async def known(self, member: UUID) -> None:
        """Wait until leads and forecast know the member."""
        for name in ("leads", "forecast"):

            async def heard(name: str = name) -> bool:
                sql = "select count(*) from directory_member where id = $1"
                async with self.fleet.database(name) as connection:
                    return bool(await connection.fetchval(sql, member))

            await until(heard, 20)

    async def one(self, person: Person, service: str, path: str, **given: str) -> dict[str, Any]:
        """The one record of a list, as soon as it is there."""
        items: list[dict[str, Any]] = []

        async def there() -> bool:
            nonlocal items
            items = (await person.ask(service, "GET", path, params=given))["items"]
            return bool(items)

        await until(there, 20)
        (item,) = items
        return item

    async def line(self) -> dict[str, Any]:
        """The rep's line of this quarter's pipeline."""
        asked = {"period": self.quarter, "owner_id": str(self.rep.member)}
        shown = await self.director.ask("forecast", "GET", "/v1/forecasts/pipeline", params=asked)
        (line,) = shown["lines"]
        return dict(line)

    async def check_reports(self) -> None:
        """Week and month show the sale once."""
        for path in (f"weekly/{self.week}", f"monthly/{self.month}"):
            report = await self.director.ask("reporting", "GET", f"/v1/reports/{path}")
            funnel = {name: report["leads"][name]["value"] for name in ("created", "converted")}
            assert funnel == {"created": 1, "converted": 1}
            (section,) = report["currencies"]
            figures = {n: section[n]["amount"]["value"] for n in ("won", "signed", "received")}
            assert figures == {"won": "120000.00", "signed": "120000.00", "received": "120000.00"}

    async def check_history(self) -> None:
        """Each record tells its part, and by which event of another it was caused."""
        heard = {name: await self.history(name) for name in ("leads", "opportunities", "contracts")}
        types = [[entry["type"] for entry in entries] for entries in heard.values()]
        assert types == [
            ["lead.created.v1", "lead.qualified.v1", "lead.converted.v1"],
            [
                "opportunity.created.v1",
                "opportunity.updated.v1",
                "opportunity.stage_changed.v1",
                "opportunity.won.v1",
                "opportunity.updated.v1",
            ],
            [
                "contract.drafted.v1",
                "contract.planned.v1",
                "contract.signed.v1",
                "contract.collected.v1",
                "contract.collected.v1",
                "contract.completed.v1",
            ],
        ]
        assert heard["opportunities"][0]["cause"] == heard["leads"][2]["id"]
        assert heard["contracts"][0]["cause"] == heard["opportunities"][3]["id"]

    async def history(self, service: str) -> list[dict[str, Any]]:
        """Oldest first."""
        record = {"leads": self.lead, "opportunities": self.deal, "contracts": self.contract}
        path = f"/v1/{service}/{record[service]}/history"
        return list(reversed((await self.admin.ask(service, "GET", path))["items"]))

    async def check_webhooks(self, receiver: Receiver, secret: str) -> None:
        """The partner was told of each step, signed, under the trace of the first request."""

        async def told() -> bool:
            return receiver.types() >= STORY

        try:
            await until(told, 30)
        except TimeoutError:
            pytest.fail(f"never told: {sorted(STORY - receiver.types())}")
        for webhook in receiver.told:
            webhook.verify(secret)
        with pytest.raises(WebhookVerificationError):
            receiver.told[0].verify("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
        first = next(w for w in receiver.told if w.event["type"] == "lead.created.v1")
        assert first.headers["traceparent"].split("-")[1] == self.trace.split("-")[1]
        async with self.fleet.database("leads") as connection:
            kept = await connection.fetchval(
                "select traceparent from event where aggregate_id = $1 and version = 1", self.lead
            )
        assert kept.split("-")[1] == self.trace.split("-")[1]


async def sign_and_collect(sale: Sale) -> None:
    director, finance = sale.director, sale.finance
    path = f"/v1/contracts/{sale.contract}"
    plan = {"instalments": [{"due_on": sale.today, "amount": HALF}] * 2}
    await director.ask("contracts", "PUT", f"{path}/instalments", json=plan)
    await director.ask("contracts", "POST", f"{path}/sign", json={})
    shown = await finance.ask(
        "contracts", "GET", "/v1/instalments", params={"contract_id": sale.contract}
    )
    for instalment in shown["items"]:
        path_of_receipts = f"/v1/instalments/{instalment['id']}/receipts"
        await finance.ask("contracts", "POST", path_of_receipts, json={"amount": HALF})
    signed = await director.ask("contracts", "GET", path)
    assert (signed["status"], signed["collected"]) == ("completed", PRICE)


async def test_a_sale_over_rest(fleet: Fleet, receiver: Receiver) -> None:
    sale = Sale(fleet)
    rep, director, ask = sale.rep, sale.director, sale.rep.ask
    await sale.admin.ask("identity", "PUT", "/v1/tenant", json=TENANT)
    partner = {"name": "partner", "url": receiver.url, "types": ["*"]}
    endpoint = await sale.admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
    await sale.admin.ask("identity", "POST", "/v1/members", json=sale.new_member)
    await sale.known(rep.member)

    new = {"company": "东方精工", "source": "web", "budget": PRICE}
    traced = {"traceparent": sale.trace}
    lead = await ask("leads", "POST", "/v1/leads", json=new, headers=traced)
    sale.lead = lead["id"]
    await ask("leads", "POST", f"/v1/leads/{sale.lead}/qualify", json={"intent": "a"})
    converted = await ask("leads", "POST", f"/v1/leads/{sale.lead}/convert", json={})
    sale.deal = converted["opportunity_id"]

    path = f"/v1/opportunities/{sale.deal}"
    deal = await ask("opportunities", "GET", path, headers={"prefer": "wait=5"})
    assert (deal["amount"], deal["region"]) == (PRICE, "华东")
    due = {"expected_close_on": sale.today}
    match = {"if-match": f'"{deal["version"]}"'}
    await ask("opportunities", "PATCH", path, json=due, headers=match)
    await ask("opportunities", "POST", f"{path}/stage", json={"stage": "proposal"})

    path_of_target = f"/v1/targets/{sale.quarter}/{rep.member}"
    await director.ask("forecast", "PUT", path_of_target, json={"amount": TARGET})
    await fleet.settle(sale.admin)
    assert await fleet.parked() == []
    before = await sale.line()
    assert (before["target"], before["won"]["amount"]) == (TARGET, "0.00")
    assert before["best_case"] == PRICE

    await ask("opportunities", "POST", f"{path}/win", json={"amount": PRICE})
    draft = await sale.one(director, "contracts", "/v1/contracts", opportunity_id=sale.deal)
    sale.contract = draft["id"]
    await sign_and_collect(sale)

    await fleet.settle(sale.admin)
    after = await sale.line()
    assert (after["won"], after["attainment"], after["open_count"]) == (PRICE, "0.2500", 0)
    await sale.check_reports()
    await sale.check_history()
    await sale.check_webhooks(receiver, endpoint["secret"])


PROBLEM = "... on Problem { code message errors { message } }"


def mutation(field: str, arguments: str, answer: str) -> str:
    """A mutation of one field; `arguments` such as `id: UUID!`, each passed on under its name."""
    names = [part.split(":")[0].strip() for part in arguments.split(",")]
    passed = ", ".join(f"{name}: ${name}" for name in names)
    taken = ", ".join(f"${part.strip()}" for part in arguments.split(","))
    return f"mutation ({taken}) {{ {field}({passed}) {{ ... on {answer} {PROBLEM} }} }}"


async def set_up(sale: Sale, receiver: Receiver) -> str:
    """Tenant, partner and seller; the secret that the partner's webhooks are signed with."""
    admin = sale.admin
    tenant = {"name": "华星", "timeZone": "UTC", "baseCurrency": "CNY"}
    put = mutation("putTenant", "input: TenantPutInput!", "Tenant { id }")
    await admin.graphql("identity", put, input=tenant)
    partner = {"name": "partner", "url": receiver.url, "types": ["*"]}
    answer = "WebhookEndpointSecret { secret }"
    add = mutation("createWebhookEndpoint", "input: WebhookEndpointCreateInput!", answer)
    endpoint = await admin.graphql("webhooks", add, input=partner)
    add = mutation("createMember", "input: MemberCreateInput!", "Member { id }")
    member = sale.new_member | {"roles": ["SALES_REP"]}
    await admin.graphql("identity", add, input=member)
    await sale.known(sale.rep.member)
    return str(endpoint["secret"])


async def convert_lead(sale: Sale) -> None:
    rep = sale.rep
    add = mutation("createLead", "input: LeadCreateInput!", "Lead { id }")
    rep.clients["leads"].headers["traceparent"] = sale.trace
    new = {"company": "东方精工", "source": "web", "budget": PRICE}
    sale.lead = (await rep.graphql("leads", add, input=new))["id"]
    qualify = mutation("qualifyLead", "id: UUID!, input: QualifyLeadInput!", "Lead { status }")
    await rep.graphql("leads", qualify, id=sale.lead, input={"intent": "A"})
    answer = "Lead { opportunityId }"
    convert = mutation("convertLead", "id: UUID!, input: ConvertLeadInput!", answer)
    converted = await rep.graphql("leads", convert, id=sale.lead, input={})
    sale.deal = converted["opportunityId"]


async def advance_deal(sale: Sale) -> None:
    rep, director = sale.rep, sale.director
    path = f"/v1/opportunities/{sale.deal}"
    deal = await rep.ask("opportunities", "GET", path, headers={"prefer": "wait=5"})
    arguments = "id: UUID!, expectedVersion: Int!, input: OpportunityUpdateInput!"
    update = mutation("updateOpportunity", arguments, "Opportunity { version }")
    due = {"expectedCloseOn": sale.today}
    of = {"id": sale.deal, "expectedVersion": deal["version"]}
    await rep.graphql("opportunities", update, **of, input=due)
    arguments = "id: UUID!, input: MoveStageInput!"
    move = mutation("moveStage", arguments, "Opportunity { stage }")
    await rep.graphql("opportunities", move, id=sale.deal, input={"stage": "proposal"})

    arguments = "period: String!, ownerId: UUID!, input: SetTargetInput!"
    aim = mutation("setTarget", arguments, "Target { id }")
    whose = {"period": sale.quarter, "ownerId": str(rep.member)}
    await director.graphql("forecast", aim, **whose, input={"amount": TARGET})
    await sale.fleet.settle(sale.admin)
    assert (await sale.line())["best_case"] == PRICE


async def win_and_collect(sale: Sale) -> None:
    rep, director, finance = sale.rep, sale.director, sale.finance
    win = mutation("winOpportunity", "id: UUID!, input: WinOpportunityInput!", "Opportunity { id }")
    await rep.graphql("opportunities", win, id=sale.deal, input={"amount": PRICE})
    draft = await sale.one(director, "contracts", "/v1/contracts", opportunity_id=sale.deal)
    sale.contract = draft["id"]
    arguments = "contractId: UUID!, input: InstalmentPlanInput!"
    plan = mutation("planInstalments", arguments, "Contract { id }")
    halves = {"instalments": [{"dueOn": sale.today, "amount": HALF}] * 2}
    await director.graphql("contracts", plan, contractId=sale.contract, input=halves)
    sign = mutation("signContract", "id: UUID!, input: SignContractInput!", "Contract { status }")
    await director.graphql("contracts", sign, id=sale.contract, input={})
    wanted = "query ($of: UUID!) { instalments(filter: {contractId: [$of]}) { nodes { id } } }"
    shown = await finance.graphql("contracts", wanted, of=sale.contract)
    arguments = "instalmentId: UUID!, input: RecordReceiptInput!"
    pay = mutation("recordReceipt", arguments, "Receipt { id }")
    for instalment in shown["nodes"]:
        paid = {"instalmentId": instalment["id"], "input": {"amount": HALF}}
        await finance.graphql("contracts", pay, **paid)


async def test_the_same_sale_over_graphql(fleet: Fleet, receiver: Receiver) -> None:
    sale = Sale(fleet)
    secret = await set_up(sale, receiver)
    await convert_lead(sale)
    await advance_deal(sale)
    await win_and_collect(sale)
    await fleet.settle(sale.admin)
    after = await sale.line()
    assert (after["won"], after["attainment"], after["open_count"]) == (PRICE, "0.2500", 0)
    await sale.check_reports()
    await sale.check_history()
    await sale.check_webhooks(receiver, secret)
