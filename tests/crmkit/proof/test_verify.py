"""A whole service checked, as `crm verify` does it: equal, or each difference with its name."""

from uuid import UUID

import pytest
from rich.console import Console

from crmkit.messaging.mirrors import Difference
from crmkit.proof.commands import print_verified, told
from crmkit.proof.findings import MOST_NAMED, Finding, plain
from crmkit.proof.verify import settle, verify
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Story

_COOK = "update rollup_day set n = n + 1 where tenant_id = $1 and measure = 'leads_qualified'"
_MEND = "update rollup_day set n = n - 1 where tenant_id = $1 and measure = 'leads_qualified'"


async def findings(house: House, name: str, tenant: UUID) -> list[Finding]:
    return [finding async for finding in verify([house.service(name)], tenant)]


async def test_a_house_that_nobody_touched_is_equal(
    house: House, story: Story, unwritten: None
) -> None:
    found = {each.subject: each for each in await findings(house, "reporting", story.tenant)}
    assert sum(each.wrong for each in found.values()) == 0
    assert found["rows of fact_lead from leads.lead"].looked_at == 2
    assert found["rows of directory_member from identity.member"].looked_at == 0
    (sums,) = [each for name, each in found.items() if name.startswith("rows of rollup_day")]
    assert sums.looked_at == 12


async def test_a_figure_that_was_changed_is_named(
    house: House, story: Story, unwritten: None
) -> None:
    async with (await house.system("reporting")).system() as connection:
        await connection.execute(_COOK, story.tenant)
        try:
            found = await findings(house, "reporting", story.tenant)
        finally:
            await connection.execute(_MEND, story.tenant)
    (wrong,) = [each for finding in found for each in finding.differences]
    assert (wrong.table, wrong.tenant_id, wrong.field) == ("rollup_day", story.tenant, "n")
    assert (wrong.kept, wrong.wanted) == ("2", "1")
    assert wrong.row.startswith("leads_qualified ")
    assert "source=web" in wrong.row


async def test_what_is_printed_names_every_check_and_every_difference(
    house: House, story: Story, unwritten: None
) -> None:
    console = Console(record=True, width=200)
    async with (await house.system("reporting")).system() as connection:
        asked = {"wait": False, "as_json": False}
        equal = await print_verified(["reporting"], story.tenant, console, **asked)
        before = console.export_text()
        await connection.execute(_COOK, story.tenant)
        try:
            still = await print_verified(["reporting"], story.tenant, console, **asked)
        finally:
            await connection.execute(_MEND, story.tenant)
    after = console.export_text()
    assert (equal, still) == (True, False)
    assert before.splitlines()[-1] == "equal"
    assert "reporting: 2 rows of fact_lead from leads.lead: equal" in before
    assert after.splitlines()[-1] == "1 differences"
    assert " n: 2, should be 1" in after


def test_a_finding_names_so_many_differences_of_a_kind_and_counts_the_rest() -> None:
    finding = Finding("leads", "rows of lead", 500, behind=3)
    for n in range(MOST_NAMED + 2):
        finding.note(Difference("lead", None, str(n), "company", "a", "b"))
    finding.note(Difference("lead", None, "0", "status", "a", "b"))
    lines = told(finding)
    assert "3 still to be heard" in lines[0]
    assert len(lines) == 1 + MOST_NAMED + 1 + 1
    assert "status" in lines[-2]
    assert lines[-1].strip() == "… and 2 more"
    (as_json,) = plain([finding])
    assert as_json["wrong"] == MOST_NAMED + 3
    assert as_json["differences"][0]["tenant_id"] is None


async def test_a_house_that_does_not_settle_is_told(house: House, story: Story) -> None:
    with pytest.raises(LookupError, match="not all was told and heard within 0 s"):
        await settle(0)
