"""Revisions leave traffic alone; each thing that would not is planted once."""

import pytest

from tests.architecture.revisions import blocking
from tests.architecture.rules import Source
from tests.architecture.test_rules import FILES, source

FIRST = "0001_"
"""The first of each service makes all its tables."""

EARLIER = {
    "contracts0002_contracts_of_opportunities.py",
    "forecast0002_versions_of_deals.py",
    "reporting0002_histories_of_facts.py",
    "webhooks0002_secrets_filters_order_replays.py",
}
"""Written before there was `live`; none of them has met a database with traffic."""

REVISIONS = [
    name
    for name in FILES
    if "/migrations/" in name
    and name.endswith(".py")
    and "def upgrade()" in source(name).text
    and FIRST not in name
    and name.rsplit("/", 1)[-1] not in EARLIER
]


def planted(*steps: str, before: str = "") -> Source:
    body = "\n    ".join(steps)
    return Source("services/leads/migrations/x.py", f"{before}\ndef upgrade():\n    {body}\n")


@pytest.mark.parametrize("name", REVISIONS)
def test_no_revision_stops_traffic(name: str) -> None:
    assert blocking(source(name)) == []


@pytest.mark.parametrize(
    "step",
    [
        "op.add_column('lead', sa.Column('rank', sa.Integer(), nullable=False))",
        "op.create_index('lead_rank_idx', 'lead', ['tenant_id', 'rank'])",
        "op.alter_column('lead', 'budget', type_=sa.Text())",
        "op.alter_column('lead', 'budget', nullable=False)",
        "op.alter_column('lead', 'budget', new_column_name='price')",
        "op.create_check_constraint('lead_rank', 'lead', 'rank > 0')",
        "op.create_foreign_key('lead_of', 'lead', 'account', ['a'], ['b'])",
        "op.drop_column('lead', 'need')",
        "op.drop_table('lead')",
        "op.drop_index('lead_rank_idx', table_name='lead')",
        "op.rename_table('lead', 'prospect')",
        "op.execute('update lead set rank = 1')",
        "op.get_bind().execute(1); op.execute(sa.text(' DELETE from lead'))",
        "op.execute(_RANKED)",
    ],
)
def test_a_step_that_blocks_is_found(step: str) -> None:
    assert blocking(planted(step, before="_RANKED = 'update lead set rank = 1'"))


def test_live_steps_beside_others_are_found() -> None:
    index = "live.add_index('lead_rank_idx', 'lead', ['tenant_id', 'rank'])"
    assert blocking(planted("op.add_column('lead', sa.Column('rank', sa.Integer()))", index))
    assert blocking(planted(index)) == []
    gone = "live.remove_index('lead_rank_idx')"
    assert blocking(planted("op.create_table('rank')", gone))
    assert blocking(planted(index, gone)) == []
    searched = "live.make_searchable('lead', ['company'])"
    assert blocking(planted("op.create_table('rank')", searched))
    assert blocking(planted(searched)) == []


def test_what_expands_is_let_through() -> None:
    steps = (
        "op.add_column('lead', sa.Column('rank', sa.Integer(), nullable=True))",
        "op.add_column('lead', sa.Column('n', sa.Integer(), nullable=False, server_default='0'))",
        "op.create_table('rank', sa.Column('id', sa.Uuid(), nullable=False))",
        "op.create_index('rank_idx', 'rank', ['tenant_id'])",
        "op.create_foreign_key('of', 'lead', 'rank', ['a'], ['b'], postgresql_not_valid=True)",
    )
    assert blocking(planted(*steps)) == []


def test_what_was_pledged_may_go() -> None:
    assert blocking(planted("op.drop_column('lead', 'n')", before="CONTRACTS = 'leads0002'")) == []
