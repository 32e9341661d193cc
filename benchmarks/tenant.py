"""The company whose records are asked for: one tenant, two hundred members, of whom twenty sellers
have the records; one of these is the caller."""

from uuid import UUID

TENANT = UUID("0190a000-0000-7000-8000-000000000001")
POOL = UUID("0190c000-0000-7000-8000-000000000001")
MEMBERS, SELLERS = 200, 20
TEAM = "cn"
"""The caller's: above every seller's, so that the policy has to look at each row's."""

ROLES = ("sales_manager",)
FIRST_POOLED, POOLED = 2**30, 60_000
"""Leads that lie in a pool, beside all others."""

FIRST_IN_GAP = 2**29
"""Leads that came last, beside all others."""

_ROW = "01900000-0000-7000-8000-{:012x}"
_MEMBER = "0190b000-0000-7000-8000-{:012x}"


def row_id(n: int) -> str:
    """The id of the n-th lead, and of the n-th opportunity; they rise, as UUIDv7 do."""
    return _ROW.format(n)


def member_id(n: int) -> UUID:
    return UUID(_MEMBER.format(n))


def seller_id(n: int) -> UUID:
    return member_id(n % SELLERS)


CALLER = seller_id(0)
