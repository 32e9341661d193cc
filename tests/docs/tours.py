"""Pages whose examples are run: blocks marked `tour`, and what they claim to be answered."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

BLOCK = re.compile(r"^```(?P<kind>[a-z]+(?: tour)?)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def tour(page: str) -> Iterator[tuple[str, Any]]:
    """Each block of commands, with what the JSON block after it claims of its last answer."""
    blocks = [(match["kind"], match["text"]) for match in BLOCK.finditer(page)]
    for (kind, text), (following, claim) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "bash tour":
            yield text, json.loads(claim) if following == "json tour" else None


def script(before: str, blocks: Iterable[str]) -> str:
    """One shell for all blocks, which stops at the first that fails; each prints to `shown-n`."""
    parts = ["set -euo pipefail", before]
    parts += [f"{{\n{block}}} > shown-{number}" for number, block in enumerate(blocks)]
    return "\n".join(parts)


def last_json(text: str) -> Any:
    """The last JSON object that a block printed; curl puts no newline after one."""
    found: Any = None
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            found, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            place += 1
        place = text.find("{", place)
    return found


def holds(claim: Any, answer: Any) -> bool:
    """Whether the answer has at least what is claimed; a list has the same length."""
    if isinstance(claim, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(value, answer[name]) for name, value in claim.items()
        )
    if isinstance(claim, list):
        return (
            isinstance(answer, list)
            and len(claim) == len(answer)
            and all(map(holds, claim, answer))
        )
    return bool(claim == answer)


def demand_shown(steps: Iterable[tuple[str, Any]], shown: Iterable[str]) -> None:
    """AssertionError where a block's last answer is not what the page claims."""
    for (commands, claim), answers in zip(steps, shown, strict=True):
        if claim is not None:
            answer = last_json(answers)
            assert holds(claim, answer), f"{commands}\nanswered {answer}\nand not {claim}"
