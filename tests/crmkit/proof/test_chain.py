"""What is done to a ledger behind its back is found and named."""

import hashlib
import json

import pytest

from crmkit.db.pool import Connection
from crmkit.messaging.heads import HEAD
from crmkit.messaging.ledger import GENESIS, chain
from crmkit.messaging.mirrors import Difference
from crmkit.proof.chain import check_ledger, check_window
from crmkit.proof.commands import told
from tests.crmkit.proof.conftest import Spoil, Story

_REWRITE = """
update event set data = replace(data::text, 'Birch', 'Beech')::json where id = $1
returning salt, data
"""
_SWAP = """
update ledger l set event_id = o.event_id
from ledger o
where l.position = any($1::bigint[]) and o.position = any($1::bigint[]) and o.position <> l.position
"""
_HEADS = {
    "who": "actor = 'member:00000000-0000-0000-0000-000000000001'",
    "when it happened": "occurred_at = occurred_at - interval '1 microsecond'",
    "when it was told": "recorded_at = recorded_at - interval '3 days'",
    "what kind": "type = 'lead.disqualified.v1'",
    "of what": "aggregate = 'account'",
    "of which": "aggregate_id = '00000000-0000-0000-0000-000000000001'",
    "version": "version = 7",
    "cause": "cause = '00000000-0000-0000-0000-000000000001'",
}
_ENTRY = "select * from ledger where position = $1"


async def differences(connection: Connection) -> set[Difference]:
    return set((await check_ledger(connection, "leads")).differences)


async def test_a_ledger_that_nobody_touched_is_whole(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        finding = await check_window(connection, "leads", story.positions[0], 3)
        named = [d for d in await differences(connection) if d.tenant_id == story.tenant]
    assert (finding.looked_at, finding.wrong, named) == (3, 0, [])


async def test_a_lost_event_is_named(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute("delete from event where id = $1", story.events[1])
        (place, entry) = sorted(await differences(connection) - before, key=lambda d: d.table)
    assert (entry.table, entry.row) == ("ledger", f"position {story.positions[1]}")
    assert (entry.kept, entry.wanted) == ("missing", str(story.events[1]))
    assert (place.table, place.tenant_id) == ("event", story.tenant)


async def test_a_lost_entry_leaves_a_gap_and_an_event_in_no_place(
    spoilt: Spoil, story: Story
) -> None:
    first = story.positions[0]
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute("delete from ledger where position = $1", first)
        found = await differences(connection) - before
    assert {d.field for d in found} == {"position", "hash", "place"}
    (gap,) = [d for d in found if d.field == "position"]
    assert gap.row == f"position {first} to {first}"
    (place,) = [d for d in found if d.field == "place"]
    assert place.row == str(story.events[0])


async def test_an_old_event_that_was_rewritten_is_named(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.fetchrow(_REWRITE, story.events[1])
        (found,) = await differences(connection) - before
    assert (found.table, found.row, found.field) == ("event", str(story.events[1]), "data")


async def test_an_event_rewritten_with_its_digest_breaks_the_chain(
    spoilt: Spoil, story: Story
) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        event = await connection.fetchrow(_REWRITE, story.events[1])
        assert event is not None
        digest = hashlib.sha256(event["salt"] + event["data"].encode()).digest()
        await connection.execute(
            "update event set digest = $2 where id = $1", story.events[1], digest
        )
        (found,) = await differences(connection) - before
    assert (found.row, found.field) == (f"position {story.positions[1]}", "hash")


async def test_two_entries_that_changed_places_are_named(spoilt: Spoil, story: Story) -> None:
    ends = [story.positions[0], story.positions[2]]
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute(_SWAP, ends)
        found = await differences(connection) - before
    assert {d.row for d in found if d.field == "hash"} == {f"position {p}" for p in ends}
    (turned,) = [d for d in found if d.field == "order"]
    assert (turned.row, turned.wanted) == (str(story.first), "after version 2")


async def test_a_ledger_that_lost_its_end_is_found_by_what_was_told(
    spoilt: Spoil, story: Story
) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute("delete from ledger where position >= $1", story.positions[2])
        found = await differences(connection) - before
    assert "told to others before" in {d.wanted for d in found}


async def test_an_event_in_two_places_is_named(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute(
            "insert into outbox (tenant_id, event_id) values ($1, $2)",
            story.tenant,
            story.events[0],
        )
        (found,) = await differences(connection) - before
    assert (found.row, found.kept) == (str(story.events[0]), "in 2 places")


async def test_what_waits_in_the_outbox_is_in_its_place(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute(
            "with gone as (delete from ledger where position = (select max(position) from ledger)"
            " returning tenant_id, event_id), told as (update relay set position = 0),"
            " slots as (delete from published)"
            " insert into outbox (tenant_id, event_id) select * from gone"
        )
        assert await differences(connection) <= before


async def test_an_erased_event_keeps_the_chain_whole(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        before = await differences(connection)
        await connection.execute(
            "update event set data = '{}', salt = '' where id = $1", story.events[1]
        )
        assert await differences(connection) == before
        window = await check_window(connection, "leads", story.positions[0], 3)
    assert (window.erased, window.wrong) == (1, 0)
    assert "3 entries of the ledger, 1 of them erased: equal" in told(window)[0]


@pytest.mark.parametrize("forged", _HEADS)
async def test_who_when_and_what_kind_cannot_be_rewritten(
    spoilt: Spoil, story: Story, forged: str
) -> None:
    async with spoilt("leads") as connection:
        await connection.execute(
            f"update event set {_HEADS[forged]} where id = $1", story.events[1]
        )
        finding = await check_window(connection, "leads", story.positions[0], 3)
    (found,) = finding.differences
    assert (found.table, found.tenant_id, found.field) == ("event", story.tenant, "head")
    assert found.row == str(story.events[1])


async def test_a_head_rewritten_with_its_digest_breaks_the_chain(
    spoilt: Spoil, story: Story
) -> None:
    async with spoilt("leads") as connection:
        await connection.execute("update event set actor = 'x' where id = $1", story.events[1])
        await connection.execute(
            f"update ledger l set head = sha256(convert_to({HEAD}, 'UTF8')) from event e"
            " where e.id = l.event_id and l.event_id = $1",
            story.events[1],
        )
        finding = await check_window(connection, "leads", story.positions[0], 3)
    (found,) = finding.differences
    assert (found.row, found.field) == (f"position {story.positions[1]}", "hash")


async def test_a_head_says_who_when_and_what_kind(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        event = await connection.fetchrow(
            f"select e.*, {HEAD} as head from event e where id = $1", story.events[1]
        )
    assert event is not None
    instants = [
        int(event[name].timestamp()) * 1_000_000 + event[name].microsecond
        for name in ("occurred_at", "recorded_at")
    ]
    assert json.loads(event["head"]) == [
        *(str(story.tenant), "lead.created.v1", "lead", str(story.second), 1, event["actor"]),
        *(*instants, None),
    ]


async def forge_form(connection: Connection, position: int, form: int, *, anew: bool) -> None:
    """Another form, and no head's digest in form 1; with the link made anew or as it was."""
    entry = await connection.fetchrow(_ENTRY, position)
    before = await connection.fetchrow(_ENTRY, position - 1)
    digest = await connection.fetchval(
        "select digest from event where id = $1", entry and entry["event_id"]
    )
    assert entry is not None
    link = chain(before["hash"] if before else GENESIS, position, entry["event_id"], digest, b"")
    await connection.execute(
        "update ledger set form = $2::int, head = case when $2::int > 1 then head end, hash = $3"
        " where position = $1",
        *(position, form, link if anew else entry["hash"]),
    )


async def test_entries_of_both_forms_stand_in_one_ledger(spoilt: Spoil, story: Story) -> None:
    last = story.positions[2]
    async with spoilt("leads") as connection:
        await forge_form(connection, last, 1, anew=True)
        old = await check_window(connection, "leads", story.positions[0], last)
        await connection.execute("update ledger set form = 2 where position = $1", last)
        forged = await check_window(connection, "leads", story.positions[0], last)
    assert [d for d in old.differences if d.tenant_id == story.tenant] == []
    assert [d.field for d in forged.differences if d.row == f"position {last}"] == ["hash"]


@pytest.mark.parametrize("form", [1, 3])
async def test_a_forged_form_breaks_the_hash(spoilt: Spoil, story: Story, form: int) -> None:
    async with spoilt("leads") as connection:
        await forge_form(connection, story.positions[1], form, anew=False)
        finding = await check_window(connection, "leads", story.positions[0], 3)
    assert {d.field for d in finding.differences if d.tenant_id == story.tenant} == {
        "hash" if form == 1 else "form"
    }


@pytest.mark.parametrize(
    "forged", ["salt = '', data = '{\"state\":{}}'", "data = '{}'", "salt = ''", "data = '{ }'"]
)
async def test_an_event_that_only_calls_itself_erased_is_named(
    spoilt: Spoil, story: Story, forged: str
) -> None:
    async with spoilt("leads") as connection:
        await connection.execute(f"update event set {forged} where id = $1", story.events[1])
        finding = await check_window(connection, "leads", story.positions[0], 3)
    (found,) = finding.differences
    assert (found.row, found.field, finding.erased) == (str(story.events[1]), "data", 0)


async def test_a_window_hangs_on_the_entry_before_it(spoilt: Spoil, story: Story) -> None:
    async with spoilt("leads") as connection:
        await connection.execute(
            "update ledger set hash = $2 where position = $1", story.positions[0], bytes(32)
        )
        inside = await check_window(connection, "leads", story.positions[0], 1)
        after = await check_window(connection, "leads", story.positions[0] + 1, 1)
    assert [d.field for d in inside.differences] == ["hash"]
    assert [d.row for d in after.differences] == [f"position {story.positions[0] + 1}"]
