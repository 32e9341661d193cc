"""Partners who are slow, dead or hostile, beside those who listen."""

from contextlib import AsyncExitStack

from crmkit.local.ports import free_port
from crmkit.testing.house import until
from tests.faults.stack import TYPES, Stage
from tests.webhooks.delivery.test_hostile import (
    drip_headers,
    endless_hints,
    huge_headers,
    serving,
    stall,
)

TRIED = """
select count(distinct endpoint_id) from webhook_attempt
where endpoint_id = any($1::uuid[]) and error <> ''
"""


async def bad_partners(stage: Stage) -> None:
    """Each is tried, and none of them keeps the others from being told."""
    for _ in stage.rounds():
        await _meet_bad_partners(stage)


async def _meet_bad_partners(stage: Stage) -> None:
    tenant = stage.load.tenants[0]
    admin = stage.load.people[tenant]
    made: list[str] = []
    async with AsyncExitStack() as servers:
        urls = [f"http://127.0.0.1:{free_port()}/dead"]
        for behave in (stall, drip_headers, endless_hints, huge_headers):
            urls.append(await servers.enter_async_context(serving(behave)))
        for url in urls:
            new = {"name": "bad", "url": url, "types": TYPES}
            endpoint = await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=new)
            made.append(endpoint["id"])
        await stage.load.acknowledge(10)

        async def tried() -> bool:
            async with stage.stack.database("webhooks") as connection:
                return bool(await connection.fetchval(TRIED, made) == len(made))

        await until(tried, 150)
        stage.did("bad partners", len(made))
        for each in made:
            path = f"/v1/webhook-endpoints/{each}"
            shown = await admin.ask("webhooks", "GET", path)
            headers = {"if-match": f'"{shown["version"]}"'}
            answer = await admin.clients["webhooks"].delete(path, headers=headers)
            assert answer.status_code == 204, answer.text
