"""What a list can be given besides its own columns."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from crmkit.db.asof import Source
from crmkit.db.kinds import Kind
from crmkit.db.reading import Reading
from crmkit.db.tables import Record

if TYPE_CHECKING:
    from crmkit.db.listing import Listing, Wanted


class Custom(Protocol):
    """Knows a tenant's own fields."""

    async def conditions(
        self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]
    ) -> list[tuple[str, list[str]]]:
        """Conditions on `id`, `{0}` being the one placeholder, with the value for each."""

    def past(self, cls: type[Record]) -> Source:
        """What records of the table held, as of an instant; comes after the table itself."""

    async def demand(self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Invalid where one of the filters is of no such field, or of another type."""

    async def names(self, reading: Reading) -> frozenset[str]:
        """What the fields are called, as `custom.<key>`."""


class Views(Protocol):
    """Knows the saved views of lists."""

    async def applied(self, listing: "Listing", reading: Reading, wanted: "Wanted") -> "Wanted":
        """What is wanted with what its view says; the same where it names none."""


class Segments(Protocol):
    """Knows the segments of lists."""

    async def applied(self, listing: "Listing", reading: Reading, wanted: "Wanted") -> "Wanted":
        """What is wanted with the rule of its segment besides; the same where it names none."""


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
