"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import EVERYTHING, READ_ALL, Grant, Policy, Scope

_READ_OWN = Grant(read=Scope.OWN)
_READ_BELOW = Grant(read=Scope.SUBTREE)

POLICY = Policy(
    {
        "target": {
            "sales_rep": _READ_OWN,
            "sales_manager": Grant(read=Scope.SUBTREE, write=Scope.SUBTREE),
            "sales_director": EVERYTHING,
            "finance": READ_ALL,
        },
        "deal": {
            "sales_rep": _READ_OWN,
            "sales_manager": _READ_BELOW,
            "sales_director": READ_ALL,
            "finance": READ_ALL,
        },
        "forecast": {
            "sales_rep": Grant(read=Scope.OWN, write=Scope.OWN),
            "sales_manager": Grant(read=Scope.SUBTREE, write=Scope.OWN),
            "sales_director": Grant(read=Scope.ALL, write=Scope.OWN),
            "finance": READ_ALL,
        },
    }
)
