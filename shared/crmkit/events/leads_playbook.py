"""What leads tells of what people are asked, and of what is said to their doubts."""

from typing import Any

from crmkit.events.envelope import Event, State


class ObjectionEntryState(State):
    """异议库 something customers say against it, and what is answered, best first."""

    objection: str
    says: str
    answers: list[str]
    product: str
    active: bool


class QuestionSetState(State):
    """开放性问题 what is asked to understand what somebody needs."""

    name: str
    questions: list[dict[str, Any]]
    active: bool


class ObjectionEntryCreated(Event[ObjectionEntryState], type="objection_entry.created.v1"):
    """Somebody wrote down what customers say against it, and what to answer."""


class ObjectionEntryUpdated(Event[ObjectionEntryState], type="objection_entry.updated.v1"):
    """Other answers are suggested, or an entry is used no more, or again."""


class QuestionSetCreated(Event[QuestionSetState], type="question_set.created.v1"):
    """Questions about what somebody needs were drawn up."""


class QuestionSetUpdated(Event[QuestionSetState], type="question_set.updated.v1"):
    """A set asks something else, or is used no more, or again."""
