import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict
from services.leads.account.domain import demand_no_cycle

GROUP, BRANCH, SHOP = ids.new(), ids.new(), ids.new()


def test_an_account_may_stand_below_others() -> None:
    demand_no_cycle(SHOP, [BRANCH, GROUP])
    demand_no_cycle(SHOP, [])


@pytest.mark.parametrize("above", [[SHOP], [BRANCH, SHOP], [BRANCH, GROUP, SHOP]])
def test_no_account_stands_above_itself(above: list[object]) -> None:
    with pytest.raises(Conflict) as refused:
        demand_no_cycle(SHOP, above)  # type: ignore[arg-type]  # plain ids do
    assert refused.value.code == "account.cycle"
