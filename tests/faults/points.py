"""Crash points: a real process ends at each step between a command and a figure, and comes back."""

import ast
import asyncio
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
    "relay.after_sequence": "leads.worker",
    "relay.after_mark": "contracts.worker",
    "relay.before_send": "contracts.worker",
    "relay.in_flight": "contracts.worker",
    "consumer.after_poll": "opportunities.worker",
    "consumer.after_park": "opportunities.worker",
    "consumer.after_apply": "forecast.worker",
    "consumer.after_offsets": "forecast.worker",
    "consumer.in_fold": "reporting.worker",
    "consumer.after_mark": "reporting.worker",
    "dispatcher.after_claim": "webhooks.worker",
    "dispatcher.after_send": "webhooks.worker",
    "dispatcher.after_finish": "webhooks.worker",
    "consumer.after_fold": "webhooks.worker",
}
"""Every point, and the process that ends there, in this order; few of a consumer for each, since
one that was killed is missed by its group for 6 s and more."""

RUN_OUT = "update webhook_delivery set lease_until = now() where lease_until > now()"
"""What a dispatcher had in its hands when it ended, as it would be 30 s later; none runs now."""


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
    """Each process ends at one of its points after the other, and comes back with the next one."""
    waiting: dict[str, list[str]] = {}
    for name, program in WHERE.items():
        waiting.setdefault(program, []).append(name)
    programs = {program.name: program for program in stage.stack.programs}
    for _ in stage.rounds():
        await asyncio.gather(
            *(go_through(stage, programs[program], names) for program, names in waiting.items())
        )


async def go_through(stage: Stage, program: Program, names: list[str]) -> None:
    """Arm it while it runs; from then on it is started as it was, and armed with the next."""
    stage.stack.arm(program, names[0])

    async def ended() -> bool:
        return not program.running

    for name, following in zip(names, [*names[1:], ""], strict=True):
        if name == "consumer.after_park":
            await send_poison(stage)
        await until(ended, WITHIN)
        assert await program.wait() == EXIT_STATUS, program.tail()
        stage.did(f"ended at {name}")
        if name.startswith("dispatcher."):
            async with stage.stack.database("webhooks") as connection:
                await connection.execute(RUN_OUT)
        stage.stack.arm(program, following)
        await stage.stack.revive(program)
