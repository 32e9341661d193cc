"""What a key may do: what it was given, as far as who made it may still do it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from crmkit.kernel.access import is_within

ALL_ROLES = "admin"
"""The role that has every right."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a key, as the directory knows them; `roles` is None where it has not heard yet."""

    active: bool
    roles: Collection[str] | None
    team: str


class Rights(NamedTuple):
    """The roles that are left, in the order in which they were given, and the team."""

    roles: list[str]
    team: str


def rights_left(roles: Collection[str], team: str, maker: Maker | None) -> Rights:
    """No roles where the maker has left; the maker's alone where these have become fewer.

    A maker of whom the directory has no record, such as an administrator that only the identity
    provider knows, takes nothing away. An administrator may do what every role may, in every team;
    of anybody else's team a key is only as far as it lies within.
    """
    if maker is None or (maker.active and maker.roles is None):
        return Rights(list(roles), team)
    if not maker.active or maker.roles is None:
        return Rights([], "")
    if ALL_ROLES in maker.roles:
        return Rights(list(roles), team)
    left = [role for role in roles if role in maker.roles]
    return Rights(left, team if is_within(team, maker.team) else "")
