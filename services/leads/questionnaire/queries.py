"""Every list of questionnaires and of answers."""

from crmkit.db.listing import Listing
from services.leads.questionnaire.models import Questionnaire, VisitorSurvey

QUESTIONNAIRES = Listing(
    Questionnaire,
    filters=("active", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
SURVEYS = Listing(
    VisitorSurvey,
    filters=(
        "questionnaire_id",
        "visit_id",
        "lead_id",
        "owner_id",
        "team",
        "region",
        "answered_at",
    ),
    sorts=("answered_at",),
    default="-answered_at",
)
