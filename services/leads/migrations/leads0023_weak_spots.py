"""indexes for the steps of a follow-up, and for what is due, by which schedules leap

Revision ID: leads0023
"""

from crmkit.migrations import live

revision = "leads0023"
down_revision = "leads0022"
branch_labels = None
depends_on = None

_UNANSWERED = """first_response_due_at is not null and first_responded_at is null
 and response_overdue_at is null and merged_into is null and deleted_at is null"""
_OLD = (
    ("follow_up_plan_next_at_idx", "follow_up_plan", "next_at", "status = 'running'"),
    ("survey_planned_idx", "survey", "due_at", "status = 'planned'"),
    ("lead_unanswered_idx", "lead", "first_response_due_at", _UNANSWERED),
)


def upgrade() -> None:
    live.add_index(
        "activity_follow_up_plan_idx",
        "activity",
        ["tenant_id", "follow_up_plan_id", "due_at"],
        where="follow_up_plan_id is not null",
    )
    live.add_index(
        "follow_up_plan_due_idx",
        "follow_up_plan",
        ["tenant_id", "next_at", "id"],
        where="status = 'running'",
    )
    live.add_index(
        "follow_up_plan_of_lead_idx",
        "follow_up_plan",
        ["tenant_id", "lead_id", "id"],
        where="status = 'running' and lead_id is not null",
    )
    live.add_index(
        "survey_to_send_idx", "survey", ["tenant_id", "due_at", "id"], where="status = 'planned'"
    )
    live.add_index(
        "lead_response_due_idx",
        "lead",
        ["tenant_id", "first_response_due_at", "id"],
        where=_UNANSWERED,
    )
    for name, *_ in _OLD:
        live.remove_index(name)


def downgrade() -> None:
    for name, table, column, where in _OLD:
        live.add_index(name, table, ["tenant_id", column], where=where)
    for name in (
        "lead_response_due_idx",
        "survey_to_send_idx",
        "follow_up_plan_of_lead_idx",
        "follow_up_plan_due_idx",
        "activity_follow_up_plan_idx",
    ):
        live.remove_index(name)
