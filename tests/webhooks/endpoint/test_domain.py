from itertools import product

import pytest

from crmkit.kernel.errors import Conflict
from services.webhooks.endpoint.domain import LIFECYCLE, EndpointStatus

_ALLOWED = {
    ("active", "paused"),
    ("active", "disabled"),
    ("paused", "active"),
    ("paused", "disabled"),
    ("disabled", "active"),
}


@pytest.mark.parametrize(("current", "target"), [*product(EndpointStatus, EndpointStatus)])
def test_an_endpoint_moves_only_where_its_life_leads(
    current: EndpointStatus, target: EndpointStatus
) -> None:
    if (current, target) in _ALLOWED:
        assert LIFECYCLE.move(current, target) is target
    else:
        with pytest.raises(Conflict):
            LIFECYCLE.move(current, target)
