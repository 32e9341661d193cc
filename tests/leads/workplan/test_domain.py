from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crmkit.kernel.errors import Invalid
from services.leads.workplan.domain import completion, due_of, plan_period

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("label", "zone", "due"),
    [
        ("2026-03-02", SHANGHAI, datetime(2026, 3, 2, 2, tzinfo=UTC)),
        ("2026-W10", SHANGHAI, datetime(2026, 3, 2, 4, tzinfo=UTC)),
        ("2026-03", SHANGHAI, datetime(2026, 2, 25, 16, tzinfo=UTC)),
        ("2026-02", SHANGHAI, datetime(2026, 1, 25, 16, tzinfo=UTC)),
        ("2026-01", ZoneInfo("UTC"), datetime(2025, 12, 26, tzinfo=UTC)),
        ("2026-03-29", BERLIN, datetime(2026, 3, 29, 8, tzinfo=UTC)),
        ("2026-03-28", BERLIN, datetime(2026, 3, 28, 9, tzinfo=UTC)),
    ],
)
def test_a_plan_is_due_by_the_clock_of_where_the_tenant_lives(
    label: str, zone: ZoneInfo, due: datetime
) -> None:
    assert due_of(plan_period(label), zone) == due


@pytest.mark.parametrize("label", ["2026-Q1", "2026-W54", "2026-13", "soon"])
def test_a_plan_is_of_a_day_week_or_month(label: str) -> None:
    with pytest.raises(Invalid) as refused:
        plan_period(label)
    assert refused.value.code == "period.invalid"


@pytest.mark.parametrize(
    ("done", "planned", "ratio"),
    [(0, 0, None), (0, 3, "0.0000"), (2, 3, "0.6667"), (3, 3, "1.0000")],
)
def test_completion_is_done_by_assigned(done: int, planned: int, ratio: str | None) -> None:
    assert completion(done, planned) == (None if ratio is None else Decimal(ratio))
