"""SQL that the feed, the fan-out and replays share, so that a filter means one thing."""

HOLDS = """
not exists (
  select from jsonb_array_elements({conditions}) c (one)
  where not coalesce(case
    when one ? 'changed' then {data} -> 'changed' ? (one ->> 'changed')
    when one ? 'in' then one -> 'in' @> ({data} -> 'state' -> (one ->> 'field'))
    else not one -> 'not_in' @> ({data} -> 'state' -> (one ->> 'field'))
  end, false)
)
"""
"""All conditions hold; an event without the field passes none that is about it."""
