"""One natural key by many at once, by doors that tests/policy/test_concurrency.py leaves out."""

import asyncio
from collections import Counter

from crmkit.components.jobs.runner import JobRunner
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead.commands import JOBS
from tests.hostile.doors import IMPORTS, bring, told_by_graphql
from tests.leads.samples import leads_of

_MADE = """
mutation { made: createLead(input: {company: "Acme", source: "web", externalSystem: "erp",
  externalId: "7"}) { __typename ... on Problem { code httpStatus errors { code } } } }
"""
_FILES = 4
_KEYED = {"key": "id", "system": "erp"}


async def test_of_many_mutations_with_one_natural_key_one_is_made(login: Login) -> None:
    admin = await login("leads", "admin")
    asked = (admin.post("/graphql/leads", json={"query": _MADE}) for _ in range(30))
    told = Counter(told_by_graphql(answer).told for answer in await asyncio.gather(*asked))
    assert told == {"200": 1, "409 lead.exists": 29}
    assert len(await leads_of(admin)) == 1


async def test_of_many_files_with_one_natural_key_one_row_is_made(
    house: House, login: Login
) -> None:
    """Four files, two workers: whoever comes second changes the lead that the first one made."""
    admin = await login("leads", "admin")
    rows = "company,id\n" + "".join(f"Acme {n},{n % 10}\n" for n in range(30))
    asked = (bring(admin, rows.encode(), params=_KEYED) for _ in range(_FILES))
    jobs = [answer.json()["id"] for answer in await asyncio.gather(*asked)]
    system = await house.system("leads")

    async def work() -> None:
        runner = JobRunner(JOBS)
        while not await ended():
            await runner(admin.executor, system)
        runner.close()

    async def ended() -> bool:
        shown = [(await admin.get(f"{IMPORTS}/{job}")).json()["state"] for job in jobs]
        return not {"waiting", "running"} & set(shown)

    await asyncio.gather(work(), work())
    assert [(await admin.get(f"{IMPORTS}/{job}")).json()["state"] for job in jobs] == ["done"] * 4
    leads = await leads_of(admin)
    assert sorted(lead["external_id"] for lead in leads) == [str(n) for n in range(10)]
    for lead in leads:
        assert (await admin.emitted(lead["id"])).count("lead.created.v1") == 1
