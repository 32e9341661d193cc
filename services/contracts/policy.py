"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import EVERYTHING, READ_ALL, Grant, Policy, Scope

_UNSIGNED = {"sign": Scope.NONE, "void": Scope.NONE, "plan": Scope.NONE}
_READ_OWN = Grant(read=Scope.OWN)
_READ_BELOW = Grant(read=Scope.SUBTREE)

POLICY = Policy(
    {
        "contract": {
            "sales_rep": Grant(read=Scope.OWN, write=Scope.OWN, actions=_UNSIGNED),
            "sales_manager": Grant(read=Scope.SUBTREE, write=Scope.SUBTREE),
            "sales_director": EVERYTHING,
            "finance": Grant(read=Scope.ALL, actions={"plan": Scope.ALL}),
            "delivery": READ_ALL,
        },
        "instalment": {
            "sales_rep": _READ_OWN,
            "sales_manager": Grant(read=Scope.SUBTREE, actions={"create": Scope.SUBTREE}),
            "sales_director": Grant(read=Scope.ALL, actions={"create": Scope.ALL}),
            "finance": EVERYTHING,
            "delivery": READ_ALL,
        },
        "receipt": {
            "sales_rep": _READ_OWN,
            "sales_manager": _READ_BELOW,
            "sales_director": READ_ALL,
            "finance": EVERYTHING,
        },
    }
)
