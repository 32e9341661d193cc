"""What a key may be given, and how long it holds."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crmkit.kernel.errors import Conflict, Forbidden, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.rights import ALL_ROLES, Maker, rights_left


class KeyStatus(Labelled):
    """Whether a key is let in, and why not; `limited` is let in with less than it was given."""

    ACTIVE = "active", "有效", "Active"
    LIMITED = "limited", "权限受限", "Its maker may do less by now"
    MAKER_POWERLESS = "maker_powerless", "创建人已无相应权限", "Its maker has none of its roles"
    MAKER_LEFT = "maker_left", "创建人已离职", "Its maker has left"
    EXPIRED = "expired", "已过期", "Expired"
    REVOKED = "revoked", "已吊销", "Revoked"


class Standing(NamedTuple):
    """Where a key stands now, and what it may do while it is let in."""

    status: KeyStatus
    effective_roles: list[str]
    effective_team: str


def standing_of(key: Mapping[str, Any], maker: Maker | None, now: datetime) -> Standing:
    """Of the columns of a key. An end of its own counts before one of its maker's."""
    roles, team = rights_left(key["roles"], key["team"], maker)
    if key["revoked_at"] is not None:
        return Standing(KeyStatus.REVOKED, [], "")
    if key["expires_at"] is not None and key["expires_at"] <= now:
        return Standing(KeyStatus.EXPIRED, [], "")
    if maker is not None and not maker.active:
        return Standing(KeyStatus.MAKER_LEFT, [], "")
    if not roles:
        return Standing(KeyStatus.MAKER_POWERLESS, [], "")
    whole = (roles, team) == (key["roles"], key["team"])
    return Standing(KeyStatus.ACTIVE if whole else KeyStatus.LIMITED, roles, team)


def demand_person(kind: str) -> None:
    """Forbidden `key.by_key`: a key that made keys would outlive its own end."""
    if kind != "member":
        raise Forbidden("keys are made by people", code="key.by_key")


def demand_within(
    maker_roles: Collection[str],
    maker_scopes: Collection[str],
    roles: Collection[str],
    scopes: Collection[str],
) -> None:
    """Forbidden `key.beyond`: a key never has more rights than who holds its secret first.

    An administrator may do what every role may, so may hand on any; scopes are nobody's by role.
    """
    if ALL_ROLES not in maker_roles and not set(roles) <= set(maker_roles):
        raise Forbidden("a key has no role that you have not", code="key.beyond")
    if not set(scopes) <= set(maker_scopes):
        raise Forbidden("a key has no scope that you have not", code="key.beyond")


def demand_here(maker: Maker | None) -> None:
    """Forbidden `key.maker_left` where who would make a key does not work here any more."""
    if maker is not None and not maker.active:
        raise Forbidden("you do not work here any more", code="key.maker_left")


def demand_future(expires_at: datetime | None, now: datetime) -> None:
    """Invalid `key.past` where the key would have ended before it began."""
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "key.past", "a key ends in the future")


def demand_usable(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> None:
    """Conflict `key.revoked` or `key.expired` where the key holds no longer."""
    demand_unrevoked(revoked_at)
    if expires_at is not None and expires_at <= now:
        raise Conflict("this key has expired", code="key.expired")


def demand_let_in(standing: Standing) -> None:
    """Conflict `key.maker_left` or `key.maker_powerless` where a new secret would open nothing."""
    if standing.status in {KeyStatus.MAKER_LEFT, KeyStatus.MAKER_POWERLESS}:
        raise Conflict(
            "who made this key may not do what it does: make another",
            code=f"key.{standing.status.value}",
        )


def demand_unrevoked(revoked_at: datetime | None) -> None:
    """Conflict `key.revoked` where the key was revoked before."""
    if revoked_at is not None:
        raise Conflict("this key was revoked", code="key.revoked")
