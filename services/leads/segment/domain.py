"""市场细分法 segments: accounts or leads found by a rule, said as their lists are asked."""

from collections.abc import Mapping

from crmkit.kernel.errors import Fault, Invalid
from crmkit.kernel.labels import Labelled

MOST_SEGMENTS = 100
"""Segments a tenant may have, of accounts and leads together; each holds one of as many places."""
MOST_COUNTED = 10_000
"""How far the records of a segment are counted."""


class SegmentedResource(Labelled):
    """What a segment is of: the table whose list its rule asks."""

    ACCOUNT = "account", "客户", "Accounts"
    LEAD = "lead", "线索", "Leads"


def demand_lasting(rule: Mapping[str, str]) -> None:
    """Invalid `segment.invalid` where a rule would be another for each who looks, is a search, or
    rests on another segment."""
    faults = [
        Fault(f"/filter/{name}", "segment.filter", said)
        for name, said in (
            ("owner_id", "a segment is the same for whoever looks: name somebody"),
            ("q", "a search is no fact of a record"),
            ("segment_id", "a segment rests on no other one"),
        )
        if name in rule and (name != "owner_id" or rule[name] == "me")
    ]
    if faults:
        raise Invalid("this is no rule of a segment", code="segment.invalid", faults=faults)
