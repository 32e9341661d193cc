"""Rows of a file that are one record: where a mapping says that the `same` name is the same."""

from collections.abc import Iterable, Mapping

from crmkit.remote.files import Numbered
from crmkit.remote.mapping import File, alike


class Merging:
    """The first row of each name, its empty cells filled from the later ones of that name."""

    def __init__(self, file: File, rows: Iterable[Numbered]) -> None:
        self._file = file
        self._first: dict[str, Numbered] = {}
        for numbered in rows:
            name = alike(numbered.row.get(file.same, ""))
            if name and not numbered.fault:
                first = self._first.setdefault(name, numbered)
                self._first[name] = _filled(first, numbered.row, file.empty)

    def first_of(self, numbered: Numbered) -> Numbered:
        """The row it is one with, filled up; itself where it has no name, or cannot be used."""
        if numbered.fault:
            return numbered
        return self._first.get(alike(numbered.row.get(self._file.same, "")), numbered)

    def kept(self, numbered: Numbered) -> str:
        """What of a later row its first row says otherwise, and so is not taken."""
        first = self.first_of(numbered).row
        others = [
            f"{name}: {text!r}"
            for name, text in numbered.row.items()
            if name not in {self._file.key, self._file.same}
            and text not in {"", first[name], *self._file.empty}
        ]
        return "; ".join(others)


def _filled(first: Numbered, later: Mapping[str, str], empty: tuple[str, ...]) -> Numbered:
    nothing = {"", *empty}
    filling = {name: text for name, text in later.items() if text not in nothing}
    row = {
        name: filling.get(name, text) if text in nothing else text
        for name, text in first.row.items()
    }
    return Numbered(first.number, row)
