"""Every list of surveys, what is due, and what they came to."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.components.dated import DatedListing
from crmkit.components.directory import tenant
from crmkit.db.leaping import due_rows
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.keys import hash_of
from crmkit.kernel.period import Period, start_of
from services.leads.survey.domain import SurveyTrigger, is_linked, share
from services.leads.survey.models import Survey, SurveyTemplate

SURVEY_TEMPLATES = Listing(
    SurveyTemplate,
    filters=("kind", "trigger", "active", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
SURVEYS = DatedListing(
    Survey,
    filters=(
        "template_id",
        "kind",
        "status",
        "account_id",
        "contact_id",
        "contract_id",
        "owner_id",
        "team",
        "region",
        "score",
        "pleased",
        "due_at",
        "sent_at",
        "answered_at",
        "updated_at",
    ),
    sorts=("due_at", "updated_at"),
    default="-due_at",
    search=("name",),
    periods={"due_in": "due_at", "sent_in": "sent_at", "answered_in": "answered_at"},
)
DUE = due_rows("survey", "t.status = 'planned'", "t.due_at <= $1", "t.due_at")
"""Surveys that are to be sent."""

_TRIGGERED = f"""
{plan(SurveyTemplate).select} where tenant_id = $1 and trigger = $2 and active order by id
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What the surveys of one template came to."""

    template_id: UUID
    name: str
    kind: str
    sent: int
    answered: int
    scored: int
    pleased: int
    mean_score: Decimal | None

    def figures(self) -> dict[str, Any]:
        """Counts, mean and ratios; the latter two as text, so that no client rounds them."""
        ratios = {
            "mean_score": self.mean_score,
            "response_rate": share(self.answered, self.sent),
            "pleased_share": share(self.pleased, self.scored),
        }
        shown = {name: None if r is None else str(r) for name, r in ratios.items()}
        return asdict(self) | shown


@cache
def _results_sql(surveys: Scope) -> str:
    return f"""
with caller as (select $2::uuid as caller_id, $3::text as caller_team)
select template_id, max(name) as name, max(kind) as kind, count(*) as sent,
  count(answered_at) as answered, count(score) as scored,
  count(*) filter (where pleased) as pleased, round(avg(score), 2) as mean_score
from survey, caller
where tenant_id = $1 and sent_at >= $4 and sent_at < $5
  and {scope_sql(surveys, "caller_id", "caller_team")}
group by template_id order by template_id
"""


async def list_results(reading: Reading, period: Period) -> list[Line]:
    """K30 of the surveys sent in a period, a line per template, as far as the caller may see."""
    actor = reading.actor
    zone = (await tenant(reading)).zone
    found = await reading.fetch(
        _results_sql(reading.policy.demand(actor, "survey", "read")),
        actor.tenant_id,
        actor.member_id,
        actor.team,
        start_of(period.start, zone),
        start_of(period.end, zone),
        of=(Survey,),
    )
    return [Line(**record) for record in found]


async def find_linked(reading: Reading, survey_id: UUID, token: str) -> Survey | None:
    """The survey that the token links to now, in the tenant the token says it is of."""
    survey = await reading.find(Survey, id=survey_id)
    return survey if survey and is_linked(vars(survey), hash_of(token), reading.now) else None


async def list_triggered(reading: Reading, trigger: SurveyTrigger) -> list[SurveyTemplate]:
    """The templates that something plans by itself."""
    found = await reading.fetch(_TRIGGERED, reading.tenant_id, trigger)
    return [row(SurveyTemplate, record) for record in found]
