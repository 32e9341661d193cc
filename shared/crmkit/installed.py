"""Which services are installed here, without loading any of them: that takes seconds."""

from importlib.metadata import EntryPoint, entry_points


def found() -> dict[str, EntryPoint]:
    """Where each is, by name: entry points of the group `crm.services`."""
    return {point.name: point for point in entry_points(group="crm.services")}


def installed() -> list[str]:
    """Their names, in order."""
    return sorted(found())
