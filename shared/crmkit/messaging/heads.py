"""The head of an event: who, when and what kind, as one text that the ledger's chain covers.

A JSON array, so that no two heads give one text: tenant, type, aggregate, its id, version, actor,
occurred_at and recorded_at in microseconds since 1970, and cause or null.
"""

_MICROSECONDS = "trunc(extract(epoch from e.{}) * 1000000)"
HEAD = f"""json_build_array(e.tenant_id, e.type, e.aggregate, e.aggregate_id, e.version, e.actor,
  {_MICROSECONDS.format("occurred_at")}, {_MICROSECONDS.format("recorded_at")}, e.cause)::text"""
"""Of a row `e` of `event`, as SQL: PostgreSQL makes it from what it holds, read by nobody else."""

HEAD_DIGEST = f"sha256(convert_to({HEAD}, 'UTF8'))"
