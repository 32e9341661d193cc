"""Watermarks that were moved behind the consumer's back are found."""

import pytest

from crmkit.proof.findings import Finding
from crmkit.proof.marks import compare_marks
from crmkit.proof.verify import settle, unsettled
from crmkit.service import services
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Spoil, Story

_MOVE = """
update watermark set position = {} where producer = 'leads' and topic = 'crm.lead.v1'
  and position = (
    select max(position) from watermark where producer = 'leads' and topic = 'crm.lead.v1')
"""
_OTHER = """
update event set aggregate = 'account' where id = (select event_id from ledger where position = $1)
"""


async def look(house: House, spoilt: Spoil, position: str, *others: tuple[str, int]) -> Finding:
    """What is found among reporting's watermarks of leads, after the newest was moved."""
    async with spoilt("reporting") as kept, spoilt("leads") as told:
        for sql, argument in others:
            await told.execute(sql, argument)
        assert await kept.execute(_MOVE.format(position)) == "UPDATE 1"
        return await compare_marks(kept, told, house.service("reporting"), house.service("leads"))


async def test_watermarks_that_stand_where_events_do_are_equal(
    house: House, spoilt: Spoil, story: Story
) -> None:
    finding = await look(house, spoilt, "position")
    assert (finding.wrong, finding.behind) == (0, 0)
    assert finding.looked_at > 0


async def test_a_watermark_past_the_owners_end_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    (found,) = (await look(house, spoilt, "position + 1000")).differences
    assert (found.table, found.field) == ("watermark", "position")
    assert found.row.startswith("crm.lead.v1/")
    assert "crm ledger resume leads" in found.wanted


async def test_a_watermark_where_no_event_of_its_topic_stands_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    (found,) = (await look(house, spoilt, "position", (_OTHER, story.positions[2]))).differences
    assert (found.kept, found.wanted) == (
        str(story.positions[2]),
        "the place of an event of the topic",
    )


async def test_a_watermark_that_was_set_back_is_counted_as_behind(
    house: House, spoilt: Spoil, story: Story
) -> None:
    finding = await look(house, spoilt, str(story.positions[0]))
    assert (finding.wrong, finding.behind) == (0, 1)


async def test_a_watermark_that_was_set_back_never_settles_and_is_named(
    house: House, story: Story
) -> None:
    for service in services():
        await house.executor(service.name)
    back = "update watermark set position = $2 where producer = 'leads' and position = $1"
    first, *_, last = story.positions
    async with (await house.system("reporting")).system() as connection:
        assert await connection.execute(back, last, first) == "UPDATE 1"
        try:
            left = await unsettled()
            with pytest.raises(LookupError, match=r"not all was told and heard within 0.2 s; "):
                await settle(0.2)
        finally:
            await connection.execute(back, first, last)
    (named,) = set(left) - set(await unsettled())
    assert named.startswith("reporting has heard crm.lead.v1/")
    assert named.endswith(f" of leads to {first} of {last}")
