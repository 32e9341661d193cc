"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import Grant, Policy, Scope

PARTNER_AGGREGATES = ("lead", "opportunity", "endpoint")
"""What a partner is told about, as far as it is theirs."""

PERSONAL = frozenset({"email", "phone"})
_OWN = Grant(read=Scope.OWN, write=Scope.OWN)

POLICY = Policy(
    {
        "feed_event": {"partner": Grant(read=Scope.OWN, masks=PERSONAL)},
        "endpoint": {"partner": _OWN},
        "webhook_delivery": {"partner": _OWN},
        "webhook_replay": {"partner": _OWN},
    }
)
