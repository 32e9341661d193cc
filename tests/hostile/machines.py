"""State machines of hypothesis over services that run in the session's event loop."""

import asyncio
import inspect
import sys
from collections.abc import Coroutine
from traceback import extract_tb
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from tests.hostile.conftest import Size

T = TypeVar("T")
_PATIENCE = 60


class Story(RuleBasedStateMachine):
    """One tenant's story; its steps are made in a thread, and happen in the loop."""

    house: House
    loop: asyncio.AbstractEventLoop
    found: list[str]
    """What its own assertions found wrong, story by story."""
    told_in: str

    def __init__(self) -> None:
        super().__init__()
        self.tenant = ids.new()
        self._callers: list[Caller] = []

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(_PATIENCE)

    def caller(self, service: str, *roles: str, **options: Any) -> Caller:
        """Somebody of this story's tenant, unless another is named."""
        tenant = options.pop("tenant", self.tenant)
        caller = self.wait(self.house.caller(service, tenant, *roles, **options))
        self._callers.append(caller)
        return caller

    def end(self) -> None:
        """What a story demands, and tidies up, when it is over, however it went."""

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            self.found.extend(_own(type(self), sys.exception()))
            for caller in self._callers:
                self.wait(caller.client.aclose())


def _own(story: type[Story], error: BaseException | None) -> list[str]:
    """The error, where an assertion that stands in the story's own file has raised it."""
    if not isinstance(error, AssertionError):
        return []
    raised = extract_tb(error.__traceback__)[-1]
    return [f"{raised.name}: {error}"] if raised.filename == story.told_in else []


async def play(story: type[Story], house: House, how: settings) -> None:
    """Tell stories of this kind; fails with the shortest that goes wrong."""
    await _play(_bound(story, house), how)


async def demand_wrong(story: type[Story], house: House, stories: int = 10) -> None:
    """The negative control: one of a few stories of a sabotaged house must go wrong.

    Only the story's own assertions prove that: a kit that crashes passes for nothing. What goes
    wrong by chance need not do so when hypothesis plays it again, hence Flaky.
    """
    bound = _bound(story, house)
    with pytest.raises((AssertionError, Flaky)):
        await _play(bound, Size(long=False).settings(stories, 12))
    assert bound.found, "it went wrong, but no assertion of the story says so"


def _bound(story: type[Story], house: House) -> type[Story]:
    loop = asyncio.get_running_loop()
    known = {"house": house, "loop": loop, "found": [], "told_in": inspect.getfile(story)}
    return type(story.__name__, (story,), known)


async def _play(bound: type[Story], how: settings) -> None:
    await asyncio.to_thread(run_state_machine_as_test, bound, settings=how)
