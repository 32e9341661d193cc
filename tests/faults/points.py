"""Crash points: a real process ends at each step between a command and a figure, and comes back."""

import ast
import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

from crmkit.faults import EXIT_STATUS
from crmkit.testing.house import until
from tests.e2e.forge import Program
from tests.e2e.shell import PROJECT
from tests.faults.poison import send_poison
from tests.faults.stack import Stage

WITHIN = 90
WHERE = {
    "command.before_commit": "opportunities.api",
    "command.after_commit": "contracts.api",
    "relay.in_sequence": "leads.worker",
    "relay.after_send": "leads.worker",
    "relay.after_sequence": "opportunities.worker",
    "relay.after_mark": "opportunities.worker",
    "consumer.after_park": "opportunities.worker",
    "relay.before_send": "contracts.worker",
    "consumer.after_poll": "contracts.worker",
    "relay.in_flight": "forecast.worker",
    "consumer.after_apply": "forecast.worker",
    "consumer.in_fold": "reporting.worker",
    "consumer.after_mark": "reporting.worker",
    "dispatcher.after_claim": "webhooks.worker",
    "dispatcher.after_send": "webhooks.worker",
    "dispatcher.after_finish": "webhooks.worker",
    "consumer.after_fold": "webhooks.worker",
    "consumer.after_offsets": "webhooks.worker",
}
"""Every point, and the process that ends there; few of one kind for each, since a consumer that was
killed is missed by its group for 6 s."""


def registry() -> Iterator[tuple[str, str]]:
    """The name and place of every point in the code."""
    for folder in ("shared", "services"):
        for path in (PROJECT / folder).rglob("*.py"):
            yield from named(path, PROJECT)


def named(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """The points of one file; `?` where the name is not written out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "point":
            told = node.args[0] if node.args else None
            is_text = isinstance(told, ast.Constant) and isinstance(told.value, str)
            name = str(told.value) if isinstance(told, ast.Constant) and is_text else "?"
            yield name, f"{path.relative_to(root)}:{node.lineno}"


async def end_at_each(stage: Stage) -> None:
    """Each process is armed with one of its points, ends there, and is armed with the next one."""
    waiting: dict[str, list[str]] = {}
    for name, program in WHERE.items():
        waiting.setdefault(program, []).append(name)
    programs = {program.name: program for program in stage.stack.programs}

    async def go_through(program: Program, names: list[str]) -> None:
        for name in names:
            await end_at(stage, program, name)

    for _ in stage.rounds():
        await asyncio.gather(
            *(go_through(programs[program], names) for program, names in waiting.items())
        )


async def end_at(stage: Stage, program: Program, name: str) -> None:
    """Arm the process with the point, wait until it has ended there, and start it as it was."""
    program.told["CRM_FAULT_POINT"] = name
    await restart(program)
    if name == "consumer.after_park":
        await send_poison(stage)

    async def ended() -> bool:
        return not program.running

    await until(ended, WITHIN)
    assert await program.wait() == EXIT_STATUS, program.tail()
    stage.faults[f"ended at {name}"] += 1
    del program.told["CRM_FAULT_POINT"]
    await stage.stack.revive(program)


async def restart(program: Program) -> None:
    """Kill it, and have it begin anew with what it is told by now."""
    program.signal(signal.SIGKILL)
    await program.wait()
    await program.start()
