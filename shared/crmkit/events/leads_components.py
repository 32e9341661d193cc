"""What leads tells of fields of a tenant's own, and of imports and exports, but for leads'."""

from crmkit.events.components import CustomFieldState, JobOfPeopleState
from crmkit.events.envelope import Event


class AccountFieldCreated(Event[CustomFieldState], type="account_field.created.v1"):
    """A tenant added a field of its own to accounts."""


class AccountFieldUpdated(Event[CustomFieldState], type="account_field.updated.v1"):
    """A tenant's own field of accounts changed."""


class AccountFieldDeleted(Event[CustomFieldState], type="account_field.deleted.v1"):
    """A tenant's own field of accounts was taken away; the values stay where they are."""


class ContactFieldCreated(Event[CustomFieldState], type="contact_field.created.v1"):
    """A tenant added a field of its own to contacts."""


class ContactFieldUpdated(Event[CustomFieldState], type="contact_field.updated.v1"):
    """A tenant's own field of contacts changed."""


class ContactFieldDeleted(Event[CustomFieldState], type="contact_field.deleted.v1"):
    """A tenant's own field of contacts was taken away; the values stay where they are."""


class ActivityFieldCreated(Event[CustomFieldState], type="activity_field.created.v1"):
    """A tenant added a field of its own to activities."""


class ActivityFieldUpdated(Event[CustomFieldState], type="activity_field.updated.v1"):
    """A tenant's own field of activities changed."""


class ActivityFieldDeleted(Event[CustomFieldState], type="activity_field.deleted.v1"):
    """A tenant's own field of activities was taken away; the values stay where they are."""


class AccountJobRequested(Event[JobOfPeopleState], type="account_job.requested.v1"):
    """Somebody asked for an import or export of accounts."""


class AccountJobProgressed(Event[JobOfPeopleState], type="account_job.progressed.v1"):
    """An import or export of accounts came a batch further."""


class AccountJobEnded(Event[JobOfPeopleState], type="account_job.ended.v1"):
    """An import or export of accounts is done, undone, cancelled or failed."""


class ContactJobRequested(Event[JobOfPeopleState], type="contact_job.requested.v1"):
    """Somebody asked for an import or export of contacts."""


class ContactJobProgressed(Event[JobOfPeopleState], type="contact_job.progressed.v1"):
    """An import or export of contacts came a batch further."""


class ContactJobEnded(Event[JobOfPeopleState], type="contact_job.ended.v1"):
    """An import or export of contacts is done, undone, cancelled or failed."""


class ActivityJobRequested(Event[JobOfPeopleState], type="activity_job.requested.v1"):
    """Somebody asked for an import or export of activities."""


class ActivityJobProgressed(Event[JobOfPeopleState], type="activity_job.progressed.v1"):
    """An import or export of activities came a batch further."""


class ActivityJobEnded(Event[JobOfPeopleState], type="activity_job.ended.v1"):
    """An import or export of activities is done, undone, cancelled or failed."""


class VisitJobRequested(Event[JobOfPeopleState], type="visit_job.requested.v1"):
    """Somebody asked for an export of visits."""


class VisitJobProgressed(Event[JobOfPeopleState], type="visit_job.progressed.v1"):
    """An export of visits came a batch further."""


class VisitJobEnded(Event[JobOfPeopleState], type="visit_job.ended.v1"):
    """An export of visits is done, cancelled or failed."""


class FeedbackJobRequested(Event[JobOfPeopleState], type="feedback_job.requested.v1"):
    """Somebody asked for an export of feedback."""


class FeedbackJobProgressed(Event[JobOfPeopleState], type="feedback_job.progressed.v1"):
    """An export of feedback came a batch further."""


class FeedbackJobEnded(Event[JobOfPeopleState], type="feedback_job.ended.v1"):
    """An export of feedback is done, cancelled or failed."""
