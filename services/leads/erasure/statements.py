"""SQL of what a person has left here."""

from crmkit.db.rows import plan
from crmkit.db.walking import Walk, naming
from services.leads.account.models import Account
from services.leads.form.models import CaptureFailure
from services.leads.segment.models import Segment
from services.leads.view.models import LeadsView

PERSON = """
with recursive person (id) as (
  (
    select $2::uuid
    union all select id from lead where tenant_id = $1 and account_id = $2
    union all select id from contact where tenant_id = $1 and account_id = $2
  )
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
leads and those that went into them; of an account, all of its contacts and leads."""

ACCOUNTS = f"""{plan(Account).select} a
where tenant_id = $1 and erased_at is null and ($3 in (id, merged_into) or (
  (id = any($2::uuid[]) or merged_into = any($2::uuid[])) and not exists (
    select from lead o where o.tenant_id = $1 and o.account_id = a.id
      and o.id <> all($4::uuid[]) and o.erased_at is null
    union all
    select from contact o where o.tenant_id = $1 and o.account_id = a.id
      and o.id <> all($4::uuid[]) and o.erased_at is null
    union all
    select from account o where o.tenant_id = $1 and o.parent_id = a.id
  ) and exists (
    select from lead o where o.tenant_id = $1 and o.id = any($4::uuid[]) and o.account_id = a.id
      and o.created_at <= a.created_at)))
order by id"""
"""The account $3, and of those in $2 the ones that came of a lead among $4, as conversion makes
them, and that no other people are of, nor other accounts."""

FAILURES = Walk(
    "capture_failure",
    ", ".join(plan(CaptureFailure).columns),
    "erased_at is null",
    naming("sent::text", "$3"),
)
"""What forms refused that may name somebody; whether it does is asked of its values."""

MESSAGES = Walk(
    "inbound_message",
    "id, lead_id, body",
    "body is not null",
    f"lead_id = any($3::uuid[]) or {naming('body', '$4')}",
)
"""What other systems sent about somebody, or may have."""

VIEWS = Walk(
    "leads_view", ", ".join(plan(LeadsView).columns), "true", naming("name || filter::text", "$3")
)
SEGMENTS = Walk(
    "segment",
    ", ".join(plan(Segment).columns),
    "true",
    naming("name || ' ' || note || filter::text", "$3"),
)
"""Questions that are kept, and may name somebody."""

EMPTY_MESSAGES = """
update inbound_message set body = null, headers = '{{}}'
where tenant_id = $1::uuid and id = any({0}::uuid[]) returning 1
"""
"""Their places stay, so that no message makes a lead once more."""

EMPTY_REPLAYS = """
update idempotency i set answer = (i.answer::jsonb || '{{"body":null,"headers":{{}}}}')::json
where i.tenant_id = $1::uuid and i.answer ->> 'id' = any({0}::text[]) returning 1
"""
