"""Who may see which figures: role -> whose records they are cut from."""

from crmkit.kernel.access import READ_ALL, Grant, Policy, Scope

POLICY = Policy(
    {
        "rollup_day": {
            "sales_rep": Grant(read=Scope.OWN),
            "sales_manager": Grant(read=Scope.SUBTREE),
            "sales_director": READ_ALL,
            "marketing": READ_ALL,
            "finance": READ_ALL,
        },
    }
)
