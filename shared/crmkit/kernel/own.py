"""A tenant's own fields, as lists, views, files, rules and models name them: `custom.<key>`."""

from collections.abc import Iterable

CUSTOM = "custom."


def own_keys(names: Iterable[str]) -> list[str]:
    """The keys of those that are a tenant's own."""
    return [name.removeprefix(CUSTOM) for name in names if name.startswith(CUSTOM)]
