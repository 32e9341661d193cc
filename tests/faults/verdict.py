"""What the ORACLE says."""

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """What was found wrong, and what was counted on the way."""

    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    """Writes that were acknowledged, and are not there."""

    verified: bool = False
    """`crm verify --all` has said that all is equal."""

    events: int = 0
    sent_again: int = 0
    """Events that the broker's log holds more than once."""

    told_again: int = 0
    """Webhooks that came more than once."""

    longest_lag_seconds: float = 0
    """From the last try of a command to the partner who was told last of it."""

    def note(self, what: str, found: list[str]) -> None:
        if found:
            self.wrong.append(f"{what}: {len(found)}, such as {'; '.join(found[:3])}")
