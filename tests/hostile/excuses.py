"""What a description cannot say: failures of a check that are none, each with its reason."""

import json
from typing import Any

RULES = {
    "cursor.invalid": "a cursor is sealed, and a drawn one is none",
    "activity.unfit": "one field says which others there may be",
    "as_of.invalid": "no schema knows what time it is, and since when there were records",
    "absence.backwards": "one field says what another may hold",
    "account.unknown": "a drawn id is of no record",
    "columns.unknown": "a tenant's own fields are columns, too",
    "campaign.channel": "one field says whether another is needed",
    "campaign.parent": "what a plan belongs to, its level says",
    "campaign.period": "one field says what another may hold",
    "campaign_cost.currency": "in which currency a campaign reckons, the campaign says",
    "capture_form.honeypot": "one field says what another may not hold",
    "currency.mixed": "one field says what another may hold",
    "custom.choices": "one field says what another may hold",
    "custom.missing": "which fields a tenant demands of its own, the tenant says",
    "custom.unknown": "which fields a tenant has of its own, the tenant says",
    "account.merge_fields": "which accounts take part, another field says",
    "account.merge_sources": "an account is not merged into itself",
    "due_diligence.validity": "no schema knows what day it is",
    "endpoint.filters": "which fields there are to filter by, the types asked for say",
    "endpoint.types": "which events there are, the events say",
    "endpoint.url": "what a URL is and where it points, no format says",
    "external.differs": "the address says what the body may hold",
    "feedback.due": "no schema knows what day it is",
    "field.bool_type": "of a list of whole numbers, texts and truths 1.0 is none of them",
    "field.string_too_short": "a text of blanks is none",
    "field.string_type": "of a list of whole numbers, texts and truths 1.0 is none of them",
    "field.bool_parsing": "a truth in a query is a text",
    "field.greater_than": "that a text is an amount above nothing, a pattern says badly",
    "field.int_type": "to JSON Schema 1.0 is a whole number, to us it is not written as one",
    "follow_up.about": "one of three fields is needed, whichever",
    "follow_up_template.stage": "one field says whether another names a stage",
    "history.future": "no schema knows what time it is",
    "history.invalid": "an instant lies between 1970 and 2199",
    "inbound_endpoint.header": "one field says whether another is needed",
    "inbound_endpoint.mapping": "what else is mapped, and by what, one field does not say",
    "inbound_endpoint.secret": "what a secret is, its scheme says",
    "import.options": "what is JSON within a text, no schema says",
    "import.unknown": "a drawn id is of no import",
    "idempotency.mismatch": "a drawn key may have come with another body before",
    "parameter.unknown": "an export's filter is a list's query, by any name",
    "version.required": "a version is needed of what is there already",
    "import.malformed": "what a file of rows is, its own grammar says",
    "key.past": "no schema knows what time it is",
    "lead_source.external_kind": "one field says whether there is another",
    "lead_source.method": "one field says whether another is needed",
    "lead_source.unknown": "which sources there are, the tenant's catalogue says",
    "market_intel.facet": "one field says whether there is another",
    "scoring_rule.unfit": "what a rule needs, its kind says",
    "scoring.unknown_field": "which own fields there are, the tenant has said",
    "score_model.known_later": "a list of the fields there are would refuse a tenant's own",
    "site_checklist.place": "how many items there are, the list says",
    "site_checklist.twice": "that items differ, no schema of a list says",
    "segment.filter": "a rule is a list's query, but for three of its filters",
    "segment.unknown": "a drawn id is of no record",
    "score_model.columns": "no schema knows whether a field is named twice",
    "mapping.empty": "what the columns of a file become, its first row says",
    "mapping.twice": "the same",
    "mapping.unknown_column": "the same",
    "mapping.unknown_field": "the same",
    "lead.contact_elsewhere": "at which account somebody is, the contact says",
    "lead.deal_elsewhere": "with which account a deal is, the deal says",
    "lead.deal_named": "one field says what another may hold",
    "merge.choice": "one field says what another may hold",
    "merge.itself": "drawn ids may be one lead's",
    "member.unknown_manager": "a drawn id is nobody's",
    "opportunity.unknown": "a drawn id is of no record",
    "owner.unknown": "a drawn id is nobody's",
    "period.invalid": "a year has 52 weeks or 53, and ours lie between 1970 and 2199",
    "phone.invalid": "which numbers there are, the networks say",
    "pipeline.unknown": "a drawn id is of no record",
    "qualification.denied": "all four answers have to be yes where one is given",
    "qualification.missing": "the same",
    "request.malformed": "NUL is in no text",
    "pool.not_member": "a drawn id is nobody's in the pool",
    "pool.unknown": "a drawn id is of no record",
    "pool_rule.past": "no schema knows what day it is",
    "pool_rule.protection": "one field says what another may hold",
    "pool_rule.warn_days": "that days differ, no schema of a list says",
    "return.note": "one field says what another may hold",
    "need.answer": "what an answer may be, its question says",
    "need.missing": "which questions are to be answered, their set says",
    "need.unknown": "the same",
    "offboarding.nobody": "one field says whether another is needed",
    "offboarding.pool": "one field says whether another is needed",
    "question_set.options": "one field says what another may hold",
    "question_set.twice": "that codes differ, no schema of a list says",
    "questionnaire.options": "one field says what another may hold",
    "questionnaire.twice": "that codes differ, no schema of a list says",
    "replay.future": "no schema knows what time it is",
    "report.figure": "which numbers a report has, the report says",
    "stage.unknown": "which stages there are, the pipeline says",
    "stage.twice": "that codes differ, no schema of a list says",
    "stale": "a drawn version is not the one that stands",
    "survey.answers": "which answers there may be, the questions say",
    "survey.questions": "one field says what another may hold",
    "survey.answer": "what may be answered, the questionnaire says",
    "survey.missing": "what has to be answered, the questionnaire says",
    "survey.unknown": "which questions there are, the questionnaire says",
    "survey.whose": "one field says whether another is needed",
    "view.no_team": "of which team the caller is, their token says",
    "url.too_long": "parameters that are short enough each may be too long together",
}
"""Codes with which a request that fits its description may be refused, and why the description
cannot say so. What it could say is no excuse, and belongs into it."""

MESSAGES = {
    "control characters are not allowed": "a pattern of all that is text would stand at each field",
    "direction overrides are not allowed": "the same",
    "a date lies between 1970 and 2199": "no schema bounds a text by what it means",
    "an instant lies between 1970 and 2199": "the same",
    "an ISO 4217 currency of at most two decimals, in capitals": "there are 150 of them",
    "The part after the @-sign": "which domains there are not, no format says",
    "a day, YYYY-MM-DD": "a day lies between 1970 and 2199",
    "an integer has more than 18 digits": "an object of any kind holds any number",
    'either "changed", or "field"': "one field says what another may hold",
    "to: not before from": "one field says what another may hold",
    "an IANA time zone": "there are 600 of them",
    "field and value go together": "one field says what another may hold",
    "no event asked for has a field": "what there is to ask of, the types asked for say",
    "must be 1 to 200 characters": "a text of blanks is none, and of control characters neither",
    r"match pattern '^\+?[0-9 ()": "blanks at its ends are none of a number",
    "must be like 2026-11-22": "an instant lies between 1970 and 2199",
    "must be a day, week, month or quarter": "a year has 52 weeks or 53, and ours lie near",
    "must be plain text": "control characters are in no text",
    "sort: at most": "a column and the same descending are two items",
    "there are no such events": "which events there are, the events say",
    "to_at lies after from_at": "one field says what another may hold",
}
"""The same of codes that say no more than that something is wrong."""

_VAGUE = {
    "body.malformed",
    "field.string_pattern_mismatch",
    "field.value_error",
    "parameter.invalid",
}
_UNREAD = {"request.malformed", "url.too_long", "headers.too_large"}
"""What no server reads is refused before it is asked who sends it."""


def excused(failure: Any, case: Any, answer: Any) -> str:
    """The excuse that is known, nothing where it is a failure."""
    kind = type(failure).__name__
    codes = {_known(fault) for fault in _faults(answer)}
    if kind == "RejectedPositiveData" and RULES.keys() | MESSAGES.keys() >= codes:
        return min(codes)
    if kind in {"MissingHeaderNotRejected", "UnsupportedMethodResponse"} and codes <= _UNREAD:
        return "unread"
    if kind == "JsonSchemaError" and "fields" in (case.query or {}):
        return "fields" if "is a required property" in str(failure) else ""
    return ""


def _known(fault: dict[str, Any]) -> str:
    """Its code, or how the message begins where the code says no more than that it is wrong."""
    if fault.get("code") in _VAGUE:
        said = str(fault.get("message") or fault.get("detail"))
        return next((told for told in MESSAGES if told in said), "")
    code = str(fault.get("code", ""))
    of_tenant = str(fault.get("pointer", "")).startswith("/custom/")
    return "custom.missing" if of_tenant and code == "field.missing" else code


def _faults(answer: Any) -> list[dict[str, Any]]:
    try:
        problem = json.loads(answer.content)
    except ValueError:
        return [{}]
    if not isinstance(problem, dict):
        return [{}]
    return problem.get("errors") or [problem]
