"""A merge leaves nothing behind: every column that names a lead or an account follows it."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Column, MetaData, Table, Uuid

from crmkit.db.rows import plan
from services.leads.account_merge import commands as account_merge
from services.leads.app import service
from services.leads.merging import commands as merging

LEADS = {"lead_id", "duplicate_of", "merged_into"}
ACCOUNTS = {"account_id", "referrer_id", "parent_id", "merged_into"}
"""What columns that name one are called."""

LEADS_STAY = {
    "lead.duplicate_of": "says of which lead it was a duplicate when it came",
    "lead.merged_into": "says where a lead went, from step to step, so that each can be undone",
    "account.merged_into": "names an account",
    "feedback.lead_id": "says which lead was spoken of, which says where it went",
    "inbound_message.lead_id": "says which lead a message became, which says where it went",
}
ACCOUNTS_STAY = {
    "account.merged_into": "says where an account went, from step to step",
    "lead.merged_into": "names a lead",
    "campaign.parent_id": "names a campaign",
    "deal_copy.account_id": "goes with its deal by its events; until then its heir is asked for",
}


def left_behind(
    tables: Iterable[Table], names: Collection[str], moved: Collection[str], stay: Mapping[str, str]
) -> set[str]:
    """The columns of these names that no merge moves, and that have no reason to stay."""
    found = {f"{table.name}.{each.name}" for table in tables for each in table.c}
    unknown = (stay.keys() | set(moved)) - found
    assert not unknown, f"no such columns: {unknown}"
    return {each for each in found if each.split(".")[1] in names} - set(moved) - stay.keys()


def tables() -> list[Table]:
    service.furniture("models")
    assert service.tables is not None
    return [*service.tables.metadata.tables.values()]


LEADS_MOVED = {f"{plan(cls).table}.lead_id" for cls in merging.MOVES}
ACCOUNTS_MOVED = {f"{plan(cls).table}.{column}" for cls, column in account_merge.MOVES}


def test_all_that_names_a_lead_goes_with_it_or_says_why_not() -> None:
    assert len(LEADS_MOVED) >= 5
    assert left_behind(tables(), LEADS, LEADS_MOVED, LEADS_STAY) == set()


def test_all_that_names_an_account_goes_with_it_or_says_why_not() -> None:
    assert len(ACCOUNTS_MOVED) >= 9
    assert left_behind(tables(), ACCOUNTS, ACCOUNTS_MOVED, ACCOUNTS_STAY) == set()


def test_a_column_that_is_left_behind_is_found() -> None:
    new = Table(
        "letter", MetaData(), *(Column(name, Uuid()) for name in ("lead_id", "account_id", "id"))
    )
    everything = [*tables(), new]
    assert left_behind(everything, LEADS, LEADS_MOVED, LEADS_STAY) == {"letter.lead_id"}
    assert left_behind(everything, ACCOUNTS, ACCOUNTS_MOVED, ACCOUNTS_STAY) == {"letter.account_id"}
    told = LEADS_STAY | {"letter.lead_id": "a letter is to whom it was written"}
    assert left_behind(everything, LEADS, LEADS_MOVED, told) == set()
