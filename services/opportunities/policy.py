"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import READ_ALL, Grant, Policy, Scope

_SELLER = Grant(read=Scope.OWN, write=Scope.OWN)
_MANAGER = Grant(read=Scope.SUBTREE, write=Scope.SUBTREE)
_DIRECTOR = Grant(read=Scope.ALL, write=Scope.ALL)

_SETTINGS = {
    "sales_rep": READ_ALL,
    "sales_manager": READ_ALL,
    "sales_director": _DIRECTOR,
    "marketing": READ_ALL,
    "finance": READ_ALL,
    "delivery": READ_ALL,
}
_OWN = Grant(read=Scope.OWN, write=Scope.OWN)
_KEEPER = Grant(read=Scope.SHARED, write=Scope.OWN)
_READERS = (*_SETTINGS, "partner")

POLICY = Policy(
    {
        "opportunities_view": dict.fromkeys(_SETTINGS, _KEEPER),
        "pipeline": _SETTINGS,
        "product": _SETTINGS,
        "opportunity": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
            "finance": READ_ALL,
            "delivery": READ_ALL,
            "partner": Grant(read=Scope.OWN),
        },
        "opportunity_field": {role: READ_ALL for role in _READERS},
        "opportunity_job": {role: _OWN for role in _READERS},
    }
)
