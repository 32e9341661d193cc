"""What every service tells of the keys it lets in: an aggregate of its own for each, so that a
topic has one producer."""

from datetime import datetime
from functools import cache
from types import new_class
from typing import Any, ClassVar

from crmkit.events.envelope import Event, State


class KeyUseState(State):
    """When a service last let the key of this id in, to the minute."""

    internal: ClassVar[bool] = True

    used_at: datetime


@cache
def key_used(service: str) -> type[Event[Any]]:
    """The event of that service, such as `leads_key_use.noted.v1`."""
    return new_class(
        f"{service.title()}KeyUsed",
        (Event[KeyUseState],),
        {"type": f"{service}_key_use.noted.v1"},
        lambda body: body.update(__doc__=f"{service} let a program in.", __module__=__name__),
    )
