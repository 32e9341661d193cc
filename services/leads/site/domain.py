"""销售现场准备 what has to be there before visitors come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled

Items = list[dict[str, Any]]


class SiteArea(Labelled):
    """What a thing to be seen to is part of."""

    BOOTH = "booth", "展台", "Booth"
    SHOW_FLAT = "show_flat", "样板房", "Show flat"
    MATERIAL = "material", "宣传资料", "Printed matter"
    VENUE = "venue", "时间地点", "Time and place"
    STAFF = "staff", "现场人员", "Staff"
    OTHER = "other", "其他", "Other"


def listed(wanted: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]] = ()) -> Items:
    """The things wanted, in their order; what stood in the list before is as done as it was.

    Invalid `site_checklist.twice` where one is named twice.
    """
    before = {_called(item): item for item in known}
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for n, item in enumerate(wanted):
        if _called(item) in made:
            raise Invalid.field(f"items/{n}/what", "site_checklist.twice", "named twice")
        done = before.get(_called(item), {"done_by": None, "done_at": None})
        made[_called(item)] = {**item, "done_by": done["done_by"], "done_at": done["done_at"]}
    return list(made.values())


def checked(items: Items, place: int, who: UUID | None, at: datetime) -> Items:
    """The list with the thing at that place, from 1, done by somebody, or by nobody yet; who did it
    first stays. Invalid `site_checklist.place` where there is none."""
    if not 1 <= place <= len(items):
        raise Invalid.field("place", "site_checklist.place", "nothing stands at that place")
    item = items[place - 1]
    if (item["done_by"] is None) is (who is None):
        return items
    done = {"done_by": str(who), "done_at": at.isoformat().replace("+00:00", "Z")}
    nobody = {"done_by": None, "done_at": None}
    return [*items[: place - 1], item | (nobody if who is None else done), *items[place:]]


def demand_there(items: Items, place: int, what: str | None) -> None:
    """Conflict `site_checklist.moved` where something else stands at that place by now."""
    standing = items[place - 1]["what"] if 1 <= place <= len(items) else what
    if what not in (None, standing):
        raise Conflict("something else stands there by now", code="site_checklist.moved")


def count_open(items: Items) -> int:
    """How many things are still to be seen to."""
    return sum(item["done_by"] is None for item in items)


def _called(item: dict[str, Any]) -> tuple[str, str]:
    return item["area"], item["what"]
