"""What leads tells of erasures: whose personal fields were emptied, and why.

Each of these events comes after all others of its record, on the same topic and partition. Whoever
keeps what they told empties the personal fields of it (`State.personal`) when it hears of one.
"""

from uuid import UUID

from crmkit.events.components import JobOfPeopleState, ViewOfPeopleState
from crmkit.events.envelope import Event, State
from crmkit.events.leads import AccountState, ActivityState, LeadState
from crmkit.events.leads_accounts import ChannelPartnerState, ContactState
from crmkit.events.leads_feedback import FeedbackState
from crmkit.events.leads_forms import CaptureFailureState
from crmkit.events.leads_questionnaires import VisitorSurveyState
from crmkit.events.leads_reception import EnquiryState, VisitState
from crmkit.events.leads_segments import SegmentState
from crmkit.events.leads_surveys import SurveyState


class ErasureState(State):
    """删除登记 that a person's data was erased: on what ground, and how much of it there was."""

    kind: str
    subject_id: UUID
    reason: str
    reference: str
    records: int
    events: int
    owner_id: UUID
    team: str


class ErasureRecorded(Event[ErasureState], type="erasure.recorded.v1"):
    """A person's data was erased, with the ground for it; whose, no event tells any more."""


class AccountErased(Event[AccountState], type="account.erased.v1"):
    """An account that is a person was emptied, here and in every event told of it before."""


class ChannelPartnerErased(Event[ChannelPartnerState], type="channel_partner.erased.v1"):
    """A channel partner that is a person was emptied, with their account."""


class ContactErased(Event[ContactState], type="contact.erased.v1"):
    """A contact's personal fields were emptied, here and in every event told of them before."""


class LeadErased(Event[LeadState], type="lead.erased.v1"):
    """A lead's personal fields were emptied, here and in every event told of it before."""


class ActivityErased(Event[ActivityState], type="activity.erased.v1"):
    """What was written down of somebody in an activity was emptied, for they were erased."""


class VisitErased(Event[VisitState], type="visit.erased.v1"):
    """Who came was emptied, for they were erased; that somebody came stays."""


class EnquiryErased(Event[EnquiryState], type="enquiry.erased.v1"):
    """Who called, and what about, was emptied, for they were erased."""


class VisitorSurveyErased(Event[VisitorSurveyState], type="visitor_survey.erased.v1"):
    """A visitor's answers were emptied, for they were erased."""


class SurveyErased(Event[SurveyState], type="survey.erased.v1"):
    """A customer's answers were emptied, for they were erased; the score stays."""


class CaptureFailureErased(Event[CaptureFailureState], type="capture_failure.erased.v1"):
    """What a form had sent of somebody was emptied, for they were erased."""


class LeadsViewErased(Event[ViewOfPeopleState], type="leads_view.erased.v1"):
    """A saved view that named somebody who was erased was emptied, and taken away."""


class SegmentErased(Event[SegmentState], type="segment.erased.v1"):
    """A segment that named somebody who was erased was emptied, and taken away."""


class LeadJobErased(Event[JobOfPeopleState], type="lead_job.erased.v1"):
    """What an export of leads asked for was emptied, for it named somebody who was erased."""


class ContactJobErased(Event[JobOfPeopleState], type="contact_job.erased.v1"):
    """What an export of contacts asked for was emptied, for it named somebody who was erased."""


class ActivityJobErased(Event[JobOfPeopleState], type="activity_job.erased.v1"):
    """What an export of activities asked for was emptied, for it named somebody who was erased."""


class AccountJobErased(Event[JobOfPeopleState], type="account_job.erased.v1"):
    """What an export of accounts asked for was emptied, for it named somebody who was erased."""


class VisitJobErased(Event[JobOfPeopleState], type="visit_job.erased.v1"):
    """What an export of visits asked for was emptied, for it named somebody who was erased."""


class FeedbackJobErased(Event[JobOfPeopleState], type="feedback_job.erased.v1"):
    """What an export of feedback asked for was emptied, for it named somebody who was erased."""


class FeedbackErased(Event[FeedbackState], type="feedback.erased.v1"):
    """What was said about a lead was emptied, for they were erased."""
