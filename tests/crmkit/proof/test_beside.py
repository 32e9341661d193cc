"""The monitor between services finds what `crm verify` would, and takes lag for lag."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from crmkit.kernel import ids
from crmkit.metrics import REGISTRY
from crmkit.proof import beside
from crmkit.proof.beside import ROWS, Beside, Looking
from crmkit.proof.findings import Finding
from crmkit.proof.window import WINDOW
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Story

_SPOIL = "update fact_lead set source = $2 where id = $1"
_MOVE = """
update watermark set position = $2 where producer = 'leads' and topic = 'crm.lead.v1'
  and position = $1
"""
_STRANGER = """
insert into fact_lead select (jsonb_populate_record(f, jsonb_build_object('id', $2::text))).*
from fact_lead f where id = $1
"""


def counted(name: str, kind: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": "reporting", "kind": kind}) or 0


def at_window(house: House, story: Story) -> Looking:
    """Reporting beside leads, about to look at what happened in the story."""
    looking = Looking(house.service("reporting"), house.service("leads"))
    looking.window.first = story.positions[0]
    looking.places = {m.table: (UUID(int=2**128 - 1), UUID(int=0)) for m in looking._tables()}
    return looking


async def look(house: House, looking: Looking) -> list[Finding]:
    return await looking.look(await house.system("reporting"), await house.system("leads"))


async def reporting(house: House, sql: str, *arguments: Any) -> None:
    async with (await house.system("reporting")).system() as connection:
        assert await connection.execute(sql, *arguments) in {"UPDATE 1", "INSERT 0 1", "DELETE 1"}


def named(findings: list[Finding], tenant: UUID) -> set[tuple[str, str, str]]:
    """Of this tenant: others' rows were planted by other tests."""
    found = [d for each in findings for d in each.differences]
    return {(d.table, d.row, d.field) for d in found if d.tenant_id == tenant}


async def test_a_copy_that_was_changed_is_found_counted_by_kind_and_logged(
    house: House, story: Story
) -> None:
    looking = at_window(house, story)
    assert named(await look(house, looking), story.tenant) == set()
    before = counted("crm_consistency_differences_total", "copies")
    seen = counted("crm_consistency_checked_total", "copies")
    await reporting(house, _SPOIL, story.first, "spoilt")
    looking.window.first = story.positions[0]
    try:
        with capture_logs() as logged:
            found = named(await look(house, looking), story.tenant)
    finally:
        await reporting(house, _SPOIL, story.first, "web")
    assert found == {("fact_lead", str(story.first), "source")}
    assert counted("crm_consistency_differences_total", "copies") >= before + 1
    assert counted("crm_consistency_checked_total", "copies") >= seen + 5
    (told,) = [line for line in logged if line.get("row") == str(story.first)]
    assert "web" not in told.values()


async def test_a_copy_of_what_nobody_told_is_found_where_the_walk_of_its_table_gets(
    house: House, story: Story
) -> None:
    looking, stranger = at_window(house, story), ids.new()
    await reporting(house, _STRANGER, story.first, str(stranger))
    try:
        assert named(await look(house, looking), story.tenant) == set()
        looking.places["fact_lead"] = (story.tenant, UUID(int=0))
        found = named(await look(house, looking), story.tenant)
    finally:
        await reporting(house, "delete from fact_lead where id = $1", stranger)
    assert found == {("fact_lead", str(stranger), "row")}
    assert looking.places["fact_lead"] <= (story.tenant, stranger)


async def test_a_walk_takes_so_many_rows_and_begins_again_at_the_end(
    house: House, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = at_window(house, story)
    looking.places.clear()
    monkeypatch.setattr(beside, "ROWS", 1)
    assert ROWS > 1
    async with (await house.system("reporting")).system() as kept:
        (facts,) = [each for each in looking._tables() if each.table == "fact_lead"]
        count = await kept.fetchval("select count(*) from fact_lead")
        walked = [await looking._next_rows(kept, facts) for _ in range(count)]
        assert len(set().union(*walked)) == count
        assert await looking._next_rows(kept, facts) == set()
        assert await looking._next_rows(kept, facts) == walked[0]


async def test_a_watermark_that_was_set_back_is_lag_for_a_turn_and_then_a_difference(
    house: House, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_, last = story.positions
    looking = at_window(house, story)
    await reporting(house, _MOVE, last, first)
    try:
        marks = (await look(house, looking))[-1]
        assert (marks.wrong, marks.behind) == (0, 1)
        assert counted("crm_consistency_behind", "watermarks") == 1
        monkeypatch.setattr(beside, "_TURN", timedelta(0))
        late = at_window(house, story)
        marks = (await look(house, late))[-1]
    finally:
        await reporting(house, _MOVE, first, last)
    ((found),) = marks.differences
    assert marks.behind == 0
    assert (found.table, found.kept) == ("watermark", str(first))
    assert found.wanted == f"{last} at least: a copy holds it"
    marks = (await look(house, late))[-1]
    assert (marks.wrong, marks.behind, late._passed) == (0, 0, {})


async def test_what_was_not_heard_yet_stays_lag_however_long_it_takes(
    house: House, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the watermark nor a copy knows of it."""
    monkeypatch.setattr(beside, "_TURN", timedelta(0))
    looking = at_window(house, story)
    async with (
        (await house.system("reporting")).system() as kept,
        (await house.system("leads")).system() as told,
    ):
        transaction = kept.transaction()
        await transaction.start()
        try:
            await kept.execute(_MOVE, story.positions[-1], story.positions[0])
            for table in ("fact_lead", "fact_lead_history"):
                await kept.execute(f"delete from {table}")  # others' leads lie beside the story's
            marks = await looking._marks(kept, told)
        finally:
            await transaction.rollback()
    assert (marks.wrong, marks.behind) == (0, 1)


async def test_every_listener_is_compared_with_all_it_hears_in_turns(
    house: House, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("leads", "reporting")
    databases = {name: await house.system(name) for name in names}
    monkeypatch.setattr(beside, "_EVERY", timedelta(0))
    watching = Beside([house.service(name) for name in names], databases)
    pairs = [(each.listener.name, each.owner.name) for each in watching._pairs]
    assert ("reporting", "leads") in pairs
    for each in watching._pairs:
        each.window.first = 1
    for _ in pairs:
        assert not await watching()
    assert {each.window.first for each in watching._pairs} == {1 + WINDOW}
