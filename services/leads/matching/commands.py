"""What a new lead does about the leads that are the same customer's."""

from typing import Any

from crmkit.db.writing import Tx
from services.leads.matching.domain import DuplicateRule, Keys, demand_unknown
from services.leads.matching.queries import list_certain


async def single_out(tx: Tx, keys: Keys, wanted: DuplicateRule) -> dict[str, Any]:
    """What a new lead says of its duplicates, and guards where it is to be the only one.

    Two that come at once find nothing of each other: the second meets the first one's guard, and
    looks again. Beside one that the caller is not told of it guards nothing: whoever was refused
    would have been told.
    """
    if wanted is DuplicateRule.ALLOW:
        return {}
    found, known = await list_certain(tx, keys)
    if wanted is DuplicateRule.OVERRIDE:
        seen = (each["lead_id"] for each in found if each["lead_id"])
        return {"duplicate_of": next(seen, None)}
    demand_unknown(found)
    if known:
        return {}
    tx.contested |= {"lead_phone_guard_key", "lead_email_guard_key"}
    return {"phone_guard": keys.phone, "email_guard": keys.email}
