"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import READ_ALL, Grant, Policy, Scope

_STAFF = {
    "sales_rep": READ_ALL,
    "sales_manager": READ_ALL,
    "sales_director": READ_ALL,
    "marketing": READ_ALL,
    "finance": READ_ALL,
    "delivery": READ_ALL,
}

POLICY = Policy(
    {
        "tenant": {**_STAFF, "partner": READ_ALL},
        "member": {**_STAFF, "partner": Grant(read=Scope.ALL, masks=frozenset({"email"}))},
        "key": {},
    }
)
