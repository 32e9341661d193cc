"""Rows changed behind their events' backs are found and named."""

import pytest

from crmkit.messaging.mirrors import Difference
from crmkit.proof.rows import check_rows, check_touched, told_tables
from crmkit.service import Service, services
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Spoil, Story

_SPOILS = {
    "company": ("update lead set company = 'Acne' where id = $1", "Acne", "ACME"),
    "budget": ("update lead set budget = 1 where id = $1", "1.00", "None"),
    "deleted_at": (
        "update lead set deleted_at = '2026-01-05T12:00:00Z' where id = $1",
        "2026-01-05 12:00:00+00",
        "None",
    ),
    "version": ("update lead set version = 9 where id = $1", "9", "2"),
}
_INSTANTS = ("created_at", "updated_at")


async def wrong(house: House, spoilt: Spoil, story: Story, sql: str) -> list[Difference]:
    """What is found among the tenant's leads after the statement, whose $1 is the first of them."""
    fields = told_tables(house.service("leads"))["lead"]
    async with spoilt("leads") as connection:
        before = await check_rows(connection, "leads", "lead", fields, story.tenant)
        await connection.execute(sql, story.first)
        after = await check_rows(connection, "leads", "lead", fields, story.tenant)
    assert (before.looked_at, before.wrong) == (2, 0)
    return after.differences


@pytest.mark.parametrize("field", _SPOILS)
async def test_a_row_that_no_event_changed_is_named(
    house: House, spoilt: Spoil, story: Story, field: str
) -> None:
    sql, kept, wanted = _SPOILS[field]
    (found,) = await wrong(house, spoilt, story, sql)
    assert (found.tenant_id, found.row, found.field) == (story.tenant, str(story.first), field)
    assert (found.kept, found.wanted) == (kept, wanted)


@pytest.mark.parametrize("field", _INSTANTS)
async def test_an_instant_that_no_event_tells_is_named(
    house: House, spoilt: Spoil, story: Story, field: str
) -> None:
    sql = f"update lead set {field} = {field} - interval '1 microsecond' where id = $1"
    (found,) = await wrong(house, spoilt, story, sql)
    assert (found.row, found.field) == (str(story.first), field)
    assert found.kept < found.wanted


async def test_a_row_whose_first_event_is_lost_is_not_said_to_be_made_at_another_time(
    house: House, spoilt: Spoil, story: Story
) -> None:
    sql = (
        "with gone as (delete from event where aggregate_id = $1 and version = 1)"
        " update lead set created_at = created_at - interval '1 day' where id = $1"
    )
    (found,) = await wrong(house, spoilt, story, sql)
    assert found.field == "versions"


async def test_a_row_that_is_gone_is_named(house: House, spoilt: Spoil, story: Story) -> None:
    (found,) = await wrong(house, spoilt, story, "delete from lead where id = $1")
    assert (found.field, found.kept, found.wanted) == ("version", "no row", "2")


async def test_a_row_without_events_is_named(house: House, spoilt: Spoil, story: Story) -> None:
    sql = "delete from event where aggregate_id = $1"
    (found,) = await wrong(house, spoilt, story, sql)
    assert (found.field, found.kept, found.wanted) == ("version", "2", "no event")


async def test_a_version_without_its_event_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    sql = "delete from event where aggregate_id = $1 and version = 1"
    (found,) = await wrong(house, spoilt, story, sql)
    assert (found.field, found.kept, found.wanted) == (
        "versions",
        "1 events",
        "2 versions from 1",
    )


async def test_the_rows_of_a_stretch_of_the_ledger_are_checked_alone(
    house: House, spoilt: Spoil, story: Story
) -> None:
    service, (one, two, _) = house.service("leads"), story.positions
    async with spoilt("leads") as connection:
        await connection.execute("update lead set source = 'x' where id = $1", story.second)
        (first,) = await check_touched(connection, service, one, 1)
        (second,) = await check_touched(connection, service, two, 1)
    assert (first.looked_at, first.wrong) == (1, 0)
    assert [(d.row, d.field) for d in second.differences] == [(str(story.second), "source")]


@pytest.mark.parametrize("chosen", services(), ids=lambda each: each.name)
async def test_every_table_that_events_tell_of_can_be_checked(
    spoilt: Spoil, chosen: Service
) -> None:
    async with spoilt(chosen.name) as connection:
        for table, fields in told_tables(chosen).items():
            finding = await check_rows(connection, chosen.name, table, fields, None)
            assert finding.subject == f"rows of {table}"


def test_a_queue_is_not_proved_by_its_events(house: House) -> None:
    assert sorted(told_tables(house.service("webhooks"))) == ["endpoint"]
