"""What a service keeps of others is compared with what they told, up to what it has heard."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.proof.copies import MirrorCheck
from crmkit.proof.findings import Finding
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.erasure.commands import erase_lead
from services.leads.erasure.domain import ErasureReason
from services.leads.erasure.schemas import EraseRecord
from tests.crmkit.proof.conftest import Spoil, Story

_BODY = "select id, body from feed_event where aggregate_id = $1"
_AS_TOLD = "update feed_event set body = $2 where id = $1"
_UNTOLD = """
update fact_lead
set version = 1, qualified_at = null, first_responded_at = null, first_response_minutes = null
where id = $1
"""
_UNHEARD = "update watermark set position = 0 where producer = 'leads'"


async def look(
    house: House,
    spoilt: Spoil,
    story: Story,
    listener: str,
    table: str,
    *spoils: tuple[Any, ...],
) -> Finding:
    """What the check of a mirror of leads finds, after statements run at the listener."""
    (mirror,) = [
        each
        for each in house.service(listener).mirrors
        if (each.table, each.aggregate) == (table, "lead")
    ]
    async with spoilt(listener) as kept, spoilt("leads") as told:
        for sql, *arguments in spoils:
            await kept.execute(sql, *arguments)
        check = MirrorCheck(mirror, listener, "leads", 4, story.tenant)
        return await check.run(kept, told)


def told(finding: Finding) -> list[tuple[UUID | None, str, str, str, str]]:
    return [(d.tenant_id, d.row, d.field, d.kept, d.wanted) for d in finding.differences]


@pytest.mark.parametrize(("listener", "table", "rows"), [
    ("reporting", "fact_lead", 2),
    ("reporting", "fact_lead_history", 3),
    ("webhooks", "feed_event", 3),
])  # fmt: skip
async def test_what_was_heard_and_left_alone_is_equal(
    house: House, spoilt: Spoil, story: Story, listener: str, table: str, rows: int
) -> None:
    finding = await look(house, spoilt, story, listener, table)
    assert (finding.looked_at, finding.wrong, finding.behind) == (rows, 0, 0)


async def test_a_copy_that_was_changed_is_named_field_by_field(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoil = ("update fact_lead set source = 'x', deleted = true where id = $1", story.first)
    finding = await look(house, spoilt, story, "reporting", "fact_lead", spoil)
    key = (story.tenant, str(story.first))
    assert told(finding) == [
        (*key, "deleted", "True", "False"),
        (*key, "source", "x", "web"),
    ]


async def test_a_copy_that_is_gone_is_named(house: House, spoilt: Spoil, story: Story) -> None:
    spoil = ("delete from fact_lead where id = $1", story.second)
    finding = await look(house, spoilt, story, "reporting", "fact_lead", spoil)
    ((tenant, row, field, kept, wanted),) = told(finding)
    assert (tenant, row, field, kept) == (story.tenant, str(story.second), "version", "nothing")
    assert wanted == f"version 1, position {story.positions[1]}"


async def test_a_copy_that_is_old_though_it_has_heard_of_the_new_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoil = (
        "update fact_lead set version = 1, qualified_at = null where id = $1",
        story.first,
    )
    finding = await look(house, spoilt, story, "reporting", "fact_lead", spoil)
    ((_, row, field, kept, _),) = told(finding)
    assert (row, field, kept) == (str(story.first), "version", "version 1")


async def test_what_was_not_heard_yet_is_behind_and_no_difference(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoils = [
        (_UNHEARD,),
        ("delete from fact_lead where id = $1", story.second),
        (_UNTOLD, story.first),
    ]
    finding = await look(house, spoilt, story, "reporting", "fact_lead", *spoils)
    assert (finding.behind, told(finding)) == (2, [])


async def test_an_old_copy_must_still_say_what_was_told_then(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoils = [
        (_UNHEARD,),
        ("update fact_lead set version = 1, source = 'x' where id = $1", story.first),
    ]
    finding = await look(house, spoilt, story, "reporting", "fact_lead", *spoils)
    assert finding.behind == 1
    assert {(d.row, d.field) for d in finding.differences} == {
        (str(story.first), field)
        for field in ("source", "qualified_at", "first_responded_at", "first_response_minutes")
    }


async def test_a_copy_of_what_nobody_told_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    stranger = UUID(int=1)
    spoil = ("update fact_lead set id = $2 where id = $1", story.second, stranger)
    finding = await look(house, spoilt, story, "reporting", "fact_lead", spoil)
    assert {(d.row, d.field, d.kept) for d in finding.differences} == {
        (str(stranger), "row", "there"),
        (str(story.second), "version", "nothing"),
    }


async def test_a_version_newer_than_what_was_told_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoil = ("update fact_lead set version = 3 where id = $1", story.second)
    finding = await look(house, spoilt, story, "reporting", "fact_lead", spoil)
    ((_, row, field, kept, wanted),) = told(finding)
    assert (row, field, kept, wanted) == (str(story.second), "version", "3", "1")


async def test_a_state_that_a_history_lost_is_named_with_its_version(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoil = ("delete from fact_lead_history where id = $1 and version = 1", story.first)
    finding = await look(house, spoilt, story, "reporting", "fact_lead_history", spoil)
    ((_, row, field, kept, wanted),) = told(finding)
    assert (row, field, kept) == (f"{story.first} version 1", "version", "nothing")
    assert wanted == f"version 1, position {story.positions[0]}"


async def test_a_past_that_was_rewritten_is_named_field_by_field(
    house: House, spoilt: Spoil, story: Story
) -> None:
    sql = "update fact_lead_history set source = 'x', actor = 'y' where id = $1 and version = 1"
    finding = await look(house, spoilt, story, "reporting", "fact_lead_history", (sql, story.first))
    assert {(row, field, kept) for _, row, field, kept, _ in told(finding)} == {
        (f"{story.first} version 1", "source", "x"),
        (f"{story.first} version 1", "actor", "y"),
    }


async def test_a_state_that_nobody_told_is_named(house: House, spoilt: Spoil, story: Story) -> None:
    sql = "update fact_lead_history set version = 7 where id = $1 and version = 2"
    finding = await look(house, spoilt, story, "reporting", "fact_lead_history", (sql, story.first))
    assert {(row, field, kept) for _, row, field, kept, _ in told(finding)} == {
        (f"{story.first} version 7", "row", "there"),
        (f"{story.first} version 2", "version", "nothing"),
    }


async def test_an_event_that_the_feed_lost_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    spoil = ("delete from feed_event where id = $1", story.events[2])
    finding = await look(house, spoilt, story, "webhooks", "feed_event", spoil)
    ((tenant, row, field, kept, _),) = told(finding)
    assert (tenant, row) == (story.tenant, str(story.events[2]))
    assert (field, kept) == ("version", "nothing")


async def test_an_event_that_cannot_be_read_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    (mirror,) = [m for m in house.service("reporting").mirrors if m.table == "fact_lead"]
    sql = 'update event set data = \'{"state": {"id": 1}}\' where id = $1'
    async with spoilt("reporting") as kept, spoilt("leads") as owner:
        await owner.execute(sql, story.events[1])
        check = MirrorCheck(mirror, "reporting", "leads", 4, story.tenant)
        finding = await check.run(kept, owner)
    ((_, row, field, _, wanted),) = told(finding)
    assert (row, field) == (str(story.second), "state")
    assert "missing required field" in wanted


_PLANTED = {
    "a body of the feed": (
        "webhooks",
        "feed_event",
        "update feed_event set body = replace(body, 'Birch', 'Beech') where aggregate_id = $1",
        "body",
    ),
    "an owner of the feed": (
        "webhooks",
        "feed_event",
        "update feed_event set owner_id = id, team = 'x' where aggregate_id = $1",
        "owner_id",
    ),
    "an instant of a history": (
        "reporting",
        "fact_lead_history",
        "update fact_lead_history set recorded_at = recorded_at - interval '1 day' where id = $1",
        "recorded_at",
    ),
}


@pytest.mark.parametrize("planted", _PLANTED)
async def test_each_column_that_others_read_is_compared(
    house: House, spoilt: Spoil, story: Story, planted: str
) -> None:
    listener, table, sql, field = _PLANTED[planted]
    finding = await look(house, spoilt, story, listener, table, (sql, story.second))
    assert field in {d.field for d in finding.differences}


async def test_an_erasure_that_was_not_heard_yet_is_lag_and_one_that_was_is_a_difference(
    house: House, login: Login, spoilt: Spoil, story: Story
) -> None:
    admin = await login("leads", "admin")
    async with spoilt("webhooks") as connection:
        kept = await connection.fetchrow(_BODY, story.second)
    assert kept is not None
    ground = EraseRecord(reason=ErasureReason.REQUEST, reference="1")
    await admin(erase_lead, story.second, ground)
    await house.caught_up("leads", "webhooks")
    whole = await look(house, spoilt, story, "webhooks", "feed_event")
    assert (whole.wrong, whole.behind) == (0, 0)
    again = (_AS_TOLD, kept["id"], kept["body"])
    forgotten = await look(house, spoilt, story, "webhooks", "feed_event", again)
    assert [(d.row, d.field) for d in forgotten.differences] == [(str(kept["id"]), "body")]
    unheard = await look(house, spoilt, story, "webhooks", "feed_event", again, (_UNHEARD,))
    assert unheard.wrong == 0
    assert unheard.behind >= 1
