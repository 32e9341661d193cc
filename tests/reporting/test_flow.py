"""From a sale in the other services to the figures, through a real broker."""

from uuid import UUID

from crmkit.kernel import clock
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.reporting.rollup.truth import check


async def test_a_lead_that_leads_takes_in_is_a_figure_here(
    house: House, login: Login, tenant: UUID
) -> None:
    await house.work("leads", "reporting")
    rep = await login("leads", "sales_rep")
    made = await rep.post("/v1/leads", json={"company": "华星", "source": "web"})
    assert made.status_code == 201, made.text
    await house.caught_up("leads", "reporting")
    director = await login("reporting", "sales_director")
    today = clock.now().date().isoformat()
    asked = {"measure": "leads_created", "grain": "day", "from": today, "to": today, "by": "source"}
    (item,) = (await director.get("/v1/rollups", params=asked)).json()["items"]
    assert (item["source"], item["value"]) == ("web", 1)
    async with (await house.system("reporting")).system() as connection:
        assert await check(connection, tenant) == []
