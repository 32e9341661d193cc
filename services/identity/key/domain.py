"""What a key may be given, and how long it holds."""

from collections.abc import Collection
from datetime import datetime

from crmkit.kernel.errors import Conflict, Forbidden, Invalid

_ALL_ROLES = "admin"


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
    if _ALL_ROLES not in maker_roles and not set(roles) <= set(maker_roles):
        raise Forbidden("a key has no role that you have not", code="key.beyond")
    if not set(scopes) <= set(maker_scopes):
        raise Forbidden("a key has no scope that you have not", code="key.beyond")


def demand_future(expires_at: datetime | None, now: datetime) -> None:
    """Invalid `key.past` where the key would have ended before it began."""
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "key.past", "a key ends in the future")


def demand_usable(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> None:
    """Conflict `key.revoked` or `key.expired` where the key holds no longer."""
    demand_unrevoked(revoked_at)
    if expires_at is not None and expires_at <= now:
        raise Conflict("this key has expired", code="key.expired")


def demand_unrevoked(revoked_at: datetime | None) -> None:
    """Conflict `key.revoked` where the key was revoked before."""
    if revoked_at is not None:
        raise Conflict("this key was revoked", code="key.revoked")
