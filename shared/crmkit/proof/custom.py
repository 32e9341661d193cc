"""Whether the values that filters read are those of the records' custom fields.

A trigger keeps them (`crm.index_custom`). What it should have made is asked here without it, for it
is a part of the database that is looked at.
"""

from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.messaging.mirrors import Difference
from crmkit.proof.findings import Finding
from crmkit.service import Service

_RECORDS = """
select tenant_id, id, custom from {} where custom <> '{{}}' and ($1::uuid is null or tenant_id = $1)
"""
_COUNT = "select count(*) from custom_value where ($1::uuid is null or tenant_id = $1)"
_DIFFERENT = """
with record as ({records}),
said as (
  select tenant_id, id, f.key, coalesce(f.value ->> 'amount', f.value #>> '{{}}') as said
  from record r cross join jsonb_each(r.custom) f where jsonb_typeof(f.value) <> 'array'
  union all
  select tenant_id, id, f.key, e.said
  from record r cross join jsonb_each(r.custom) f cross join jsonb_array_elements_text(
    case when jsonb_typeof(f.value) = 'array' then f.value else '[]' end) e (said)
),
made as (
  select tenant_id, id, key, case when length(said) <= 200 then said end as value,
    case when said ~ '^-?[0-9]{{1,12}}(\\.[0-9]{{1,6}})?$'
      then (said::numeric * 1000000)::bigint end as number
  from said
),
w as (
  select tenant_id, id, key collate "C" as key,
    json_agg(json_build_array(value, number) order by value collate "C", number)::text as all
  from made group by 1, 2, 3
),
k as (
  select tenant_id, id, key,
    json_agg(json_build_array(value, number) order by value, number)::text as all
  from custom_value where ($1::uuid is null or tenant_id = $1) group by 1, 2, 3
)
select tenant_id, id, key, coalesce(k.all, 'nothing') as kept, coalesce(w.all, 'nothing') as wanted
from w full join k using (tenant_id, id, key)
where w.all is distinct from k.all
limit 1000
"""


def custom_tables(service: Service) -> list[str]:
    """The tables whose records carry custom fields."""
    tables = service.metadata.tables
    return sorted(name for name in tables if "custom" in tables[name].columns)


async def check_custom(
    connection: Connection, service: str, tables: list[str], tenant: UUID | None
) -> Finding:
    """Every value of these tables' records, as pairs of its text and its millionths."""
    finding = Finding(service, f"values of custom fields of {', '.join(tables)}")
    finding.looked_at = await connection.fetchval(_COUNT, tenant)
    records = " union all ".join(_RECORDS.format(table) for table in tables)
    for row in await connection.fetch(_DIFFERENT.format(records=records), tenant):
        told = row["key"], row["kept"], row["wanted"]
        finding.note(Difference("custom_value", row["tenant_id"], str(row["id"]), *told))
    return finding
