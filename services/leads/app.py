"""The leads service: accounts, contacts, leads and what people do about them."""

from crmkit.components.search_keeper import keeps
from crmkit.service import Service
from services.leads.account.queries import ACCOUNTS
from services.leads.contact.queries import CONTACTS
from services.leads.follow_up_clock import FollowUpClock
from services.leads.inbound_pruner import InboundPruner
from services.leads.key_keeper import KeyKeeper
from services.leads.lead.queries import LEADS
from services.leads.off_boarder import OffBoarder
from services.leads.policy import POLICY
from services.leads.recycler import Recycler
from services.leads.response_clock import ResponseClock
from services.leads.score_keeper import ScoreKeeper
from services.leads.settings import LeadsSettings
from services.leads.survey_clock import SurveyClock
from services.leads.tables import Row

service = Service(
    "leads",
    rooms=(
        "view",
        "segment",
        "account",
        "contact",
        "due_diligence",
        "partner",
        "source",
        "terms",
        "campaign",
        "pool",
        "matching",
        "lead",
        "claim",
        "assignment",
        "activity",
        "workplan",
        "followup",
        "survey",
        "intel",
        "feedback",
        "form",
        "inbound",
        "reception",
        "site",
        "questionnaire",
        "playbook",
        "timeline",
        "merging",
        "account_merge",
        "scoring",
        "offboarding",
        "segmenting",
        "coverage",
        "erasure",
    ),
    policy=POLICY,
    tables=Row,
    settings=LeadsSettings,
    schedules=(
        FollowUpClock,
        SurveyClock,
        Recycler,
        ResponseClock,
        KeyKeeper,
        ScoreKeeper,
        InboundPruner,
        OffBoarder,
        keeps(LEADS, ACCOUNTS, CONTACTS),
    ),
    description="Who we may sell to: accounts, contacts, partners, leads, pools and activities.",
)
