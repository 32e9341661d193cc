"""Facts are what was told, to the letter."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from crmkit.db.pool import Database
from crmkit.kernel import ids
from services.reporting.fact.statements import SHAPES
from tests.reporting.conftest import Fold, Told

PLAIN = ("", "null", "NULL", "a, b", "[", "],[", "it's", " x ", "华东", "\u2028", "{1}")
ODD = ('a "b"', "back\\slash", "\\.", "\\N", "two\nlines", "]\n[", "tab\t", "\r", "\x01")


@pytest.mark.parametrize("words", [PLAIN, (*PLAIN, *ODD)], ids=["plain", "odd"])
async def test_words_arrive_as_they_were_told(
    fold: Fold, told: Told, database: Database, tenant: UUID, words: tuple[str, ...]
) -> None:
    leads = {ids.new(): word for word in words}
    await fold([told("lead", lead, source=word, team=word) for lead, word in leads.items()])
    async with database.system() as connection:
        rows = await connection.fetch(
            "select id, source, team from fact_lead where tenant_id = $1", tenant
        )
    assert {row["id"]: (row["source"], row["team"]) for row in rows} == {
        lead: (word, word) for lead, word in leads.items()
    }


async def test_an_instant_keeps_its_microseconds_and_nothing_stays_nothing(
    fold: Fold, told: Told, database: Database, tenant: UUID
) -> None:
    then = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
    await fold([told("lead", qualified_at=then, deleted_at=then)])
    async with database.system() as connection:
        row = await connection.fetchrow("select * from fact_lead where tenant_id = $1", tenant)
    assert row is not None
    assert (row["qualified_at"], row["converted_at"], row["deleted"]) == (then, None, True)


def test_what_a_line_has_and_what_is_made_of_it_are_all_columns() -> None:
    for shape in SHAPES:
        assert shape.types.keys() <= {*shape.staged, *shape.made}, shape.table
