"""Tables of the room: of each record its newest state and all its states, as far as figures need
them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from crmkit.db.tables import instant, text
from services.reporting.tables import Projection, amount, number


class Fact(Projection):
    """What every fact has; a dimension the record does not know is ''."""

    id: UUID = Field(primary_key=True)
    version: int
    deleted: bool
    owner_id: UUID
    team: str = text()
    region: str = text()
    source: str = text()
    product: str = text()
    kind: str = text()
    currency: str = text()


class Told(SQLModel):
    """One state of a fact, and the event that told of it."""

    version: int = Field(primary_key=True)
    recorded_at: datetime = instant()
    event_id: UUID
    type: str = text()
    actor: str = text()


class LeadState(Fact):
    received_at: datetime = instant()
    qualified_at: datetime | None = instant(default=None)
    converted_at: datetime | None = instant(default=None)
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    channel_partner_id: UUID | None = None
    first_response_due_at: datetime | None = instant(default=None)
    first_responded_at: datetime | None = instant(default=None)
    first_response_minutes: int | None = None


class LeadFact(LeadState, table=True):
    __tablename__ = "fact_lead"


class LeadHistory(Told, LeadState, table=True):
    __tablename__ = "fact_lead_history"


class ActivityState(Fact):
    done_at: datetime | None = instant(default=None)
    due_at: datetime | None = instant(default=None)
    status: str | None = text(default=None)
    direction: str | None = text(default=None)
    connected: bool | None = None
    with_customer: bool | None = None


class ActivityFact(ActivityState, table=True):
    __tablename__ = "fact_activity"


class ActivityHistory(Told, ActivityState, table=True):
    __tablename__ = "fact_activity_history"


class OpportunityState(Fact):
    amount: Decimal = amount()
    opened_at: datetime = instant()
    won_at: datetime | None = instant(default=None)
    lost_at: datetime | None = instant(default=None)


class OpportunityFact(OpportunityState, table=True):
    __tablename__ = "fact_opportunity"
    __table_args__ = (number(),)


class OpportunityHistory(Told, OpportunityState, table=True):
    __tablename__ = "fact_opportunity_history"
    __table_args__ = (number(),)


class ContractState(Fact):
    amount: Decimal = amount()
    voided: bool
    signed_at: datetime | None = instant(default=None)
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    account_tier: str | None = text(default=None)


class ContractFact(ContractState, table=True):
    __tablename__ = "fact_contract"
    __table_args__ = (number(),)


class ContractHistory(Told, ContractState, table=True):
    __tablename__ = "fact_contract_history"
    __table_args__ = (number(),)


class ReceiptState(Fact):
    amount: Decimal = amount()
    received_at: datetime = instant()


class ReceiptFact(ReceiptState, table=True):
    __tablename__ = "fact_receipt"
    __table_args__ = (number(),)


class ReceiptHistory(Told, ReceiptState, table=True):
    __tablename__ = "fact_receipt_history"
    __table_args__ = (number(),)


class SurveyState(Fact):
    sent_at: datetime | None = instant(default=None)
    answered_at: datetime | None = instant(default=None)
    pleased: bool | None = None


class SurveyFact(SurveyState, table=True):
    __tablename__ = "fact_survey"


class SurveyHistory(Told, SurveyState, table=True):
    __tablename__ = "fact_survey_history"


class AccountState(Fact):
    contacted_at: datetime | None = instant(default=None)
    customer_since: datetime | None = instant(default=None)
    lifecycle: str | None = text(default=None)
    lifecycle_at: datetime | None = instant(default=None)


class AccountFact(AccountState, table=True):
    __tablename__ = "fact_account"


class AccountHistory(Told, AccountState, table=True):
    __tablename__ = "fact_account_history"


class VisitState(Fact):
    visited_at: datetime = instant()
    campaign_id: UUID | None = None


class VisitFact(VisitState, table=True):
    __tablename__ = "fact_visit"


class VisitHistory(Told, VisitState, table=True):
    __tablename__ = "fact_visit_history"


class EnquiryState(Fact):
    received_at: datetime = instant()
    answered_at: datetime | None = instant(default=None)
    kept_at: datetime | None = instant(default=None)
    campaign_id: UUID | None = None


class EnquiryFact(EnquiryState, table=True):
    __tablename__ = "fact_enquiry"


class EnquiryHistory(Told, EnquiryState, table=True):
    __tablename__ = "fact_enquiry_history"


class CampaignCostState(Fact):
    amount: Decimal = amount()
    spent_at: datetime = instant()
    campaign_id: UUID | None = None


class CampaignCostFact(CampaignCostState, table=True):
    __tablename__ = "fact_campaign_cost"
    __table_args__ = (number(),)


class CampaignCostHistory(Told, CampaignCostState, table=True):
    __tablename__ = "fact_campaign_cost_history"
    __table_args__ = (number(),)


class FeedbackState(Fact):
    received_at: datetime = instant()
    done_at: datetime | None = instant(default=None)


class FeedbackFact(FeedbackState, table=True):
    __tablename__ = "fact_feedback"


class FeedbackHistory(Told, FeedbackState, table=True):
    __tablename__ = "fact_feedback_history"
