"""Numbered places, of which a unique index lets each be held once."""

import random
from collections.abc import Collection

from crmkit.kernel.errors import Conflict


def free_place(held: Collection[int], most: int, code: str) -> int:
    """One of `most` places that is not held, by chance, so that those who come at once keep out of
    each other's way; Conflict of that code where all are."""
    free = [place for place in range(most) if place not in held]
    if not free:
        raise Conflict(f"at most {most} of these", code=code)
    return random.choice(free)  # noqa: S311 - guards nothing
