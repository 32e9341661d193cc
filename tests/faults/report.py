"""What a run has done and found, as JSON and as a table."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

from tests.faults import recovery
from tests.faults.stack import Stage
from tests.faults.verdict import Verdict


@dataclass
class Report:
    """Of one family of faults, or of all of them."""

    family: str
    writes: int = 0
    acknowledged: int = 0
    lost: int = 0
    unknown: int = 0
    sent_again: int = 0
    """Writes repeated because no answer came, or a failure."""

    absorbed: int = 0
    """Of those, the ones that had been done already, so that the first answer came again."""

    events: int = 0
    published_again: int = 0
    """Events that the broker's log held more than once when it was looked at."""

    told: int = 0
    told_again: int = 0
    longest_lag_seconds: float = 0
    verified: bool = False
    faults: dict[str, int] = field(default_factory=dict)
    answered: recovery.Seconds = field(default_factory=dict)
    """How long it took after each fault until every service had answered anew."""

    heard: recovery.Seconds = field(default_factory=dict)
    """The same, until a partner had been told of what it answered."""

    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""
    cut: bool = False
    """Time was up before all was done as often as was asked."""

    @classmethod
    def of(cls, family: str, stage: Stage, verdict: Verdict) -> "Report":
        load = stage.load
        return cls(
            family,
            writes=len(load.ledger.writes),
            acknowledged=len(load.acknowledged),
            lost=verdict.lost,
            unknown=len(load.unknown),
            sent_again=load.retried,
            absorbed=load.replayed,
            events=verdict.events,
            published_again=verdict.sent_again,
            told=len(stage.receiver.told),
            told_again=verdict.told_again,
            longest_lag_seconds=round(verdict.longest_lag_seconds, 2),
            verified=verdict.verified,
            faults=dict(stage.faults),
            answered=recovery.answered(stage.marks, load.acknowledged),
            heard=recovery.heard(stage.marks, load.acknowledged, stage.receiver.told),
            seconds=stage.seconds,
            wrong=verdict.wrong,
            skipped=stage.skipped,
            cut=stage.cut,
        )

    @property
    def valid(self) -> bool:
        """A run in which nothing broke proves nothing."""
        return bool(self.skipped) or (self.acknowledged > 0 and self.done > 0)

    @property
    def done(self) -> int:
        return sum(self.faults.values())

    @property
    def verify(self) -> str:
        return "equal" if self.verified else "not equal"

    @property
    def answers(self) -> str:
        """Of all faults."""
        return recovery.spread([*chain(*self.answered.values())])

    @property
    def tells(self) -> str:
        return recovery.spread([*chain(*self.heard.values())])

    @property
    def verdict(self) -> str:
        if self.wrong:
            return f"{len(self.wrong)} WRONG"
        if self.skipped:
            return f"skipped: {self.skipped}"
        if not self.valid:
            return "INVALID: no fault bit"
        return "equal, cut short" if self.cut else "equal"

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"valid": self.valid, "verdict": self.verdict}


COLUMNS = (
    *("family", "done", "writes", "acknowledged", "lost", "unknown", "sent_again", "absorbed"),
    *("events", "published_again", "told", "told_again", "longest_lag_seconds"),
    *("answers", "tells", "verify", "verdict"),
)


def table(reports: list[Report]) -> str:
    """One line for each family, then what was done, then what is wrong. How long it took until all
    answered and were told again is a median, and the longest: `1.2 / 8.0` seconds."""
    rows = [[str(getattr(each, name)) for name in COLUMNS] for each in reports]
    heads = [name.replace("_", " ") for name in COLUMNS]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    done = sum((Counter(each.faults) for each in reports), Counter[str]())
    lines += ["", *(_line(fault, count, reports) for fault, count in sorted(done.items()))]
    lines += [
        f"{each.family}: " + ", ".join(f"{name} {took} s" for name, took in each.seconds.items())
        for each in reports
    ]
    lines += [f"WRONG in {each.family}: {found}" for each in reports for found in each.wrong]
    return "\n".join(lines)


def _line(fault: str, count: int, reports: list[Report]) -> str:
    answered = [*chain(*(each.answered.get(fault, ()) for each in reports))]
    heard = [*chain(*(each.heard.get(fault, ()) for each in reports))]
    took = f": all answer after {recovery.spread(answered)} s, tell after {recovery.spread(heard)}"
    return f"{count:7,}  {fault}{took if answered else ''}"
