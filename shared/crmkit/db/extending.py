"""What a list can be given besides its own columns."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import asyncpg

from crmkit.db.kinds import Kind
from crmkit.db.reading import Reading


class Custom(Protocol):
    """Knows a tenant's own fields."""

    async def conditions(
        self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]
    ) -> list[tuple[str, list[str]]]:
        """Conditions on `id`, `{0}` being the one placeholder, with the value for each."""


class Searching(Protocol):
    """Knows records by what is in their texts."""

    @property
    def kind(self) -> Kind:
        """How a query writes what is asked for."""

    def condition(self, columns: Collection[str]) -> str:
        """That what is asked for is in these columns; `{0}` is the placeholder."""

    async def find(
        self, listing: Any, reading: Reading, wanted: Any, asked: Any
    ) -> tuple[Sequence[asyncpg.Record], Any]:
        """The page that the list would find, with one record more where there are, and the question
        that finds as many and may be cheaper to count."""
