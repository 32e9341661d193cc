"""Questions, and what counts as an answer to one: judged here for whoever asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmkit.kernel.errors import Fault, Invalid

_MOST_NAME = 64
_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Judge:
    """Whether something is an answer, and what would be one."""

    fits: Callable[[Any], bool]
    told: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: who judges its answer, and whether it has to have one."""

    judge: Judge
    required: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """What is told of an answer that is missing, to no question, or none to its question."""

    missing: str
    unknown: str
    unfit: str


def whole(least: int, most: int) -> Judge:
    """A whole number within bounds; truths are none."""

    def fits(answer: Any) -> bool:
        is_number = isinstance(answer, int) and not isinstance(answer, bool)
        return is_number and least <= answer <= most

    return Judge(fits, f"a whole number from {least} to {most}")


def words(most: int) -> Judge:
    """A text that is more than blanks; NUL is in no text that PostgreSQL keeps."""

    def fits(answer: Any) -> bool:
        if not isinstance(answer, str) or "\x00" in answer:
            return False
        return 0 < len(answer.strip()) <= len(answer) <= most

    return Judge(fits, f"a text of 1 to {most} characters")


def one_of(options: Sequence[str]) -> Judge:
    """One of several."""
    return Judge(lambda answer: isinstance(answer, str) and answer in options, "one of the options")


def some_of(options: Sequence[str]) -> Judge:
    """Any of several, each once, and one at least."""

    def fits(answer: Any) -> bool:
        if not isinstance(answer, list) or not 0 < len(answer) <= len(options):
            return False
        return all(each in options for each in answer) and len(set(answer)) == len(answer)

    return Judge(fits, "a list of some of the options")


def truth() -> Judge:
    """Yes or no."""
    return Judge(lambda answer: isinstance(answer, bool), "true or false")


def demand_answers(asked: Mapping[str, Asked], answers: Mapping[str, Any], codes: Codes) -> None:
    """Invalid naming each answer that is to no question, missing, or none to its question."""
    faults = [
        fault_of(f"answers/{_pointed(name)}", code, told)
        for name, code, told in _wrong(asked, answers, codes)
    ]
    refuse(faults, "the answers do not fit the questions")


def fault_of(path: str, code: str, told: str) -> Fault:
    """A fault of the field at that path."""
    return Fault(f"/{path}", code, told)


def refuse(faults: Sequence[Fault], told: str) -> None:
    """Invalid with the first fault's code, and the first hundred faults, where there are any."""
    if faults:
        raise Invalid(told, code=faults[0].code, faults=list(faults[:_MOST_FAULTS]))


def _wrong(
    asked: Mapping[str, Asked], answers: Mapping[str, Any], codes: Codes
) -> Iterable[tuple[str, str, str]]:
    for name in answers:
        if name not in asked:
            yield name, codes.unknown, "nobody asked that"
    for name, question in asked.items():
        if question.required and name not in answers:
            yield name, codes.missing, "this has to be answered"
    for name, question in asked.items():
        if name in answers and not question.judge.fits(answers[name]):
            yield name, codes.unfit, question.judge.told


def _pointed(name: str) -> str:
    return name[:_MOST_NAME].replace("~", "~0").replace("/", "~1")
