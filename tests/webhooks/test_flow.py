from standardwebhooks import Webhook

from crmkit.kernel import clock
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from services.webhooks.dispatcher import Dispatcher
from tests.webhooks.samples import Receiver, Subscribe


async def test_a_lead_is_told_from_its_creation_to_the_partner_and_the_feed(
    house: House,
    login: Login,
    subscribe: Subscribe,
    receiver: Receiver,
    dispatcher: Dispatcher,
) -> None:
    await house.work("leads", "webhooks")
    endpoint = await subscribe("lead.created.v1")
    seller, auditor = await login("leads", "sales_rep"), await login("webhooks", "auditor")
    body = {"company": "Anta Bearings", "source": "web"}
    lead = (await seller.post("/v1/leads", json=body)).json()
    await seller.post(f"/v1/leads/{lead['id']}/work")
    await house.caught_up("leads", "webhooks")
    executor, system = await house.executor("webhooks"), await house.system("webhooks")

    async def heard() -> bool:
        await dispatcher.dispatch(executor, system, clock.now())
        return bool(receiver.heard)

    await until(heard)
    ((headers, told),) = receiver.heard
    event = Webhook(endpoint["secret"]).verify(told, headers)
    assert event["data"]["state"]["company"] == "Anta Bearings"
    feed = (await auditor.get("/v1/events", params={"aggregate_id": lead["id"]})).json()["items"]
    assert [item["type"] for item in feed] == ["lead.created.v1", "lead.worked.v1"]
    assert feed[0]["data"] == event["data"]
    assert feed[0]["id"] == event["id"] == headers["webhook-id"]
