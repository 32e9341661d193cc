"""Whatever tells of a person says so: each text of the records about people is personal, or has a
reason not to be."""

from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest

from crmkit.db.rows import plan
from crmkit.events.envelope import REGISTRY, State
from crmkit.service import services
from services.leads.erasure.commands import ACCOUNT_TRACES, DEAL_TRACES, FILES, TRACES

_CODES = "one of a few codes, or a tenant's own code"
_ORGANISATION = "what others of the same kind have as well: team, region, product, source"
WHY_NOT: Mapping[str, str] = {
    **dict.fromkeys(("status", "kind", "intent", "strategy", "role", "language"), _CODES),
    **dict.fromkeys(("preferred_channel", "direction", "channel", "outcome_code"), _CODES),
    **dict.fromkeys(("objection", "sentiment", "code", "currency", "released_reason"), _CODES),
    "lead.scoring": "names of rules and fields, and points",
    "visit.matched_units": "what we have to sell",
    "survey.link_hash": "a hash, which opens nothing",
    **dict.fromkeys(("source", "product", "region", "team", "site"), _ORGANISATION),
    "external_system": "which system, without the id there",
    "questions": "what everybody is asked",
    "detail": "a refusal, which repeats nothing that was sent",
    "faults": "where a row was wrong, without what was sent",
    "merged_from": "ids",
    "moved_activities": "ids",
    "moved_records": "ids",
    "survey.name": "of the template",
    **dict.fromkeys(("resource", "sort", "fields", "shared"), "names of lists and fields"),
    **dict.fromkeys(("format", "state"), _CODES),
    "error": "why a job ended, in our own words",
    **dict.fromkeys(("feedback.effect", "feedback.cost", "feedback.step"), _CODES),
    **dict.fromkeys(("grade", "tier", "lifecycle", "stage"), _CODES),
    **dict.fromkeys(("industry", "country", "segment"), _ORGANISATION),
}
STATES = {kind.aggregate: kind.state_type for kind in REGISTRY.values() if kind.state_type.personal}


def unexplained(aggregate: str, state: type[State]) -> set[str]:
    """Fields that can hold words and are neither personal nor explained."""
    return {
        name
        for name, hint in get_type_hints(state).items()
        if name in state.__struct_fields__
        and _holds_words(hint)
        and name not in state.personal
        and name not in WHY_NOT
        and f"{aggregate}.{name}" not in WHY_NOT
    }


def _holds_words(hint: Any) -> bool:
    return any(word in str(hint) for word in ("str", "dict", "list"))


@pytest.mark.parametrize("aggregate", sorted(STATES))
def test_each_text_about_somebody_is_personal_or_says_why_not(aggregate: str) -> None:
    assert unexplained(aggregate, STATES[aggregate]) == set()


def test_a_text_that_nobody_has_thought_of_is_found() -> None:
    class Told(State):
        nickname: str
        age: int

    assert unexplained("told", Told) == {"nickname"}


def test_all_that_names_a_person_or_their_account_is_erased_with_them_or_says_why_not() -> None:
    (leads,) = services(["leads"])
    leads.furniture("models")
    naming = {
        f"{table.name}.{column.name}"
        for table in leads.metadata.tables.values()
        for column in table.columns
        if column.name in {"lead_id", "contact_id", "duplicate_of", "account_id", "opportunity_id"}
    }
    traces = (*TRACES, *ACCOUNT_TRACES, *DEAL_TRACES)
    erased = {f"{plan(each.cls).table}.{column}" for each in traces for column in each.columns}
    stay = {
        "lead.account_id": "all leads of an account are found as people of it",
        "contact.account_id": "all contacts of an account are, too",
        "due_diligence.account_id": "what laws ask to keep",
        "follow_up_plan.account_id": "has the words of its template alone",
        "deal_copy.account_id": "a copy of ids, of which opportunities empties the words",
        "market_intel.account_id": "words about somebody in records of other people",
        "lead.contact_id": "by it a lead and a contact are one person",
        "lead.opportunity_id": "the deal that a lead became, which opportunities empties",
        "lead.duplicate_of": "another lead, which may be another person",
        "follow_up_plan.lead_id": "has the words of its template alone",
        "follow_up_plan.contact_id": "has the words of its template alone",
        "follow_up_plan.opportunity_id": "has the words of its template alone",
        "inbound_message.lead_id": "what was sent is emptied by a statement of its own",
    }
    assert naming - erased - stay.keys() == set()
    assert stay.keys() <= naming


def test_files_in_and_out_of_all_that_tells_of_a_person_are_looked_through() -> None:
    (leads,) = services(["leads"])
    leads.furniture("models")
    tables = leads.metadata.tables
    with_files = {name for name in STATES if f"{name}_job" in tables}
    assert with_files == {plan(jobs.cls).table.removesuffix("_job") for jobs in FILES}
