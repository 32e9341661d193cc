"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import READ_ALL, Grant, Policy, Scope

_SELLER = Grant(read=Scope.OWN, write=Scope.OWN)
_MANAGER = Grant(read=Scope.SUBTREE, write=Scope.SUBTREE)
_DIRECTOR = Grant(read=Scope.ALL, write=Scope.ALL)
_MARKETER = Grant(read=Scope.ALL, write=Scope.ALL, actions={"convert": Scope.NONE})
_PARTNER = Grant(read=Scope.OWN, write=Scope.OWN, actions={"convert": Scope.NONE})
_OWN = Grant(read=Scope.OWN, write=Scope.OWN)
_READERS = ("sales_rep", "sales_manager", "sales_director", "marketing", "partner")

POLICY = Policy(
    {
        "account": {
            "sales_rep": Grant(
                read=Scope.ALL, write=Scope.OWN, masks=frozenset({"annual_revenue"})
            ),
            "sales_manager": Grant(read=Scope.ALL, write=Scope.SUBTREE),
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
            "finance": READ_ALL,
            "delivery": READ_ALL,
        },
        "lead": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _MARKETER,
            "partner": _PARTNER,
        },
        "lead_match": {  # 撞单 who is told that a colleague has such a lead, and whose it is
            "sales_rep": READ_ALL,
            "sales_manager": READ_ALL,
            "sales_director": READ_ALL,
            "marketing": READ_ALL,
        },
        "activity": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "lead_field": {role: READ_ALL for role in _READERS},
        "lead_job": {role: _OWN for role in _READERS},
    }
)
