"""Whether the process lives, and whether it can work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter

from crmkit.kernel.errors import Unavailable

Check = Callable[[], Awaitable[object]]
"""Raises where the dependency does not answer."""

_CHECK_SECONDS = 2.0


def router(checks: Mapping[str, Check]) -> APIRouter:
    """/livez, which asks nobody, and /readyz, which asks every check and names those that fail."""
    probes = APIRouter(tags=["operations"])

    @probes.get("/livez")
    async def get_liveness() -> dict[str, str]:
        return {"status": "alive"}

    @probes.get("/readyz")
    async def get_readiness() -> dict[str, str]:
        answers = await asyncio.gather(*(_passes(check) for check in checks.values()))
        failing = [name for name, passed in zip(checks, answers, strict=True) if not passed]
        if failing:
            raise Unavailable(
                f"not ready: {', '.join(failing)}", code="not_ready", extra={"failing": failing}
            )
        return {"status": "ready"}

    return probes


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception:
        return False
    return True
