"""SQL of what a person has left here."""

from crmkit.components.jobs.models import UNFINISHED
from services.leads.erasure.domain import SIGNS

PERSON = """
with recursive person (id) as (
  select $2::uuid
  union
  select n.id from person p cross join lateral (
    select id from lead where tenant_id = $1 and contact_id = p.id
    union all select id from lead where tenant_id = $1 and merged_into = p.id
    union all select contact_id from lead
      where tenant_id = $1 and id = p.id and contact_id is not null
    union all select merged_into from lead
      where tenant_id = $1 and id = p.id and merged_into is not null
  ) n
)
select id from person
"""
"""The contact or lead, and all that are one with it: a contact and the leads that became them,
leads and those that went into them."""

FILES_OF = ("lead", "contact", "activity", "visit")
"""Records whose imports and exports tell of people."""

_STATES = ", ".join(f"'{state.value}'" for state in sorted(UNFINISHED))
UNDER_WAY = "select " + " + ".join(
    f"(select count(*) from {each}_job where tenant_id = $1 and state in ({_STATES}))"
    for each in FILES_OF
)


def _naming(text: str, values: str = "$2") -> str:
    """Whether one of the values, written plainly, stands somewhere in a text."""
    plain = f"translate(lower({text}), '{SIGNS}', '')"
    one = f"unnest({values}::text[]) v (said)"
    return f"exists (select from {one} where position(v.said in {plain}) > 0)"


NAMING_FAILURES = f"where tenant_id = $1 and erased_at is null and {_naming('sent::text')}"
NAMING_MESSAGES = f"""
select id, lead_id, body from inbound_message
where tenant_id = $1 and body is not null
  and (lead_id = any($2::uuid[]) or {_naming("body", "$3")})
"""
"""What other systems sent about somebody, or may have; whether it is, is asked of its values."""

EMPTY_MESSAGES = """
update inbound_message set body = null, headers = '{{}}'
where tenant_id = $1::uuid and id = any({0}::uuid[]) returning 1
"""
"""Their places stay, so that no message makes a lead once more."""

EMPTY_REPLAYS = """
update idempotency i set answer = (i.answer::jsonb || '{{"body":null,"headers":{{}}}}')::json
where i.tenant_id = $1::uuid and i.answer ->> 'id' = any({0}::text[]) returning 1
"""

NAMING_RESULTS = f"""
select id, data from {{}}_job_part
where tenant_id = $1 and kind = 'result' and {_naming("convert_from(data, 'UTF8')")}
"""
"""Parts that may name somebody; whether a row does is asked of its values."""

DROP_FILES = """
delete from {0}_job_part p using {0}_job j
where p.tenant_id = $1::uuid and j.tenant_id = p.tenant_id and j.id = p.job_id
  and p.kind in ('upload', 'page', 'file') and j.finished_at >= {{0}} returning 1
"""
EMPTY_RESULTS = """
update {}_job_part p set data = u.data from unnest({{0}}::uuid[], {{1}}::bytea[]) u (id, data)
where p.tenant_id = $1::uuid and p.id = u.id returning 1
"""
