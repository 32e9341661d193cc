"""What holds of ids, instants and cursors, whatever the time of day did meanwhile."""

from tests.faults.stack import Stage
from tests.faults.verdict import Verdict

FOREIGN_IDS = """
select id from event where tenant_id = any($1)
  and abs(extract(epoch from recorded_at - uuid_extract_timestamp(id))) > 7200
"""
"""Questions about the past and archives take an id for the instant of its event, to two hours."""

BACKWARDS = """
select id from (
  select id, recorded_at, version,
    lag(recorded_at) over (partition by aggregate_id order by version) as before,
    lag(version, 1, 0) over (partition by aggregate_id order by version) as last
  from event where tenant_id = any($1)
) e where recorded_at <= before or version <> last + 1
"""
MISPLACED = """
select id from event where tenant_id = any($1) and tableoid = 'event_default'::regclass
  and id >= crm.id_floor(date_trunc('month', now(), 'utc'))
"""
FEED_BACKWARDS = """
select id from (
  select id, version,
    lag(version) over (partition by tenant_id, aggregate_id order by cursor) as before
  from feed_event where tenant_id = any($1)
) f where version <= before
"""
OF_EVENTS = {
    "ids that say another time than their events": FOREIGN_IDS,
    "events recorded before, or not right after, the version before them": BACKWARDS,
    "events outside the partition of their month": MISPLACED,
}


async def judge_order(stage: Stage, verdict: Verdict) -> None:
    """Versions are recorded one after the other, and the feed tells them so."""
    for name in stage.stack.names:
        for what, sql in OF_EVENTS.items():
            await _note(stage, verdict, name, f"{what}, of {name}", sql)
    await _note(stage, verdict, "webhooks", "told by the feed in another order", FEED_BACKWARDS)


async def _note(stage: Stage, verdict: Verdict, service: str, what: str, sql: str) -> None:
    async with stage.stack.database(service) as connection:
        found = await connection.fetch(sql, stage.load.tenants)
    verdict.note(what, [str(row["id"]) for row in found])
