"""How a tenant reckons."""

from functools import cache
from zoneinfo import available_timezones


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def checked_zone(name: str) -> str:
    """The name, if it is an IANA time zone's; ValueError where it is none."""
    if name not in _zones():
        raise ValueError("an IANA time zone such as Asia/Shanghai")
    return name
