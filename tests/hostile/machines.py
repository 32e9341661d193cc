"""State machines of hypothesis over services that run in the session's event loop."""

import asyncio
from collections.abc import Coroutine
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

    def teardown(self) -> None:
        for caller in self._callers:
            self.wait(caller.client.aclose())


async def play(story: type[Story], house: House, how: settings) -> None:
    """Tell stories of this kind; fails with the shortest that goes wrong."""
    loop = asyncio.get_running_loop()
    bound = type(story.__name__, (story,), {"house": house, "loop": loop})
    await asyncio.to_thread(run_state_machine_as_test, bound, settings=how)


async def demand_wrong(story: type[Story], house: House, stories: int = 10) -> None:
    """The negative control: one of a few stories of a sabotaged house must go wrong."""
    how = Size(long=False).settings(stories, 12)
    with pytest.raises((AssertionError, ValueError, Flaky)):
        await play(story, house, how)
