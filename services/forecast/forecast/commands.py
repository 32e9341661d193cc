"""Every change of a forecast."""

from decimal import Decimal

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.forecast import ForecastSubmitted
from crmkit.fields import given
from crmkit.kernel.period import Period
from services.forecast.forecast import queries
from services.forecast.forecast.models import Forecast
from services.forecast.forecast.schemas import SubmitForecast
from services.forecast.target.domain import last_day, sales_period

_NOTHING = Decimal("0.00")


async def submit_forecast(tx: Tx, new: SubmitForecast) -> Forecast:
    """Put the caller's name to a figure; a period's later one takes the place of the earlier."""
    period = sales_period(new.period)
    figures = await _figures(tx, period, new.commit.currency)
    values = given(new, **figures, submitted_at=tx.occurred_at)
    me = tx.actor.member_id
    earlier = await tx.find(Forecast, period=period.label, owner_id=me)
    if earlier is not None:
        return tx.update(await tx.take(Forecast, earlier.id), ForecastSubmitted, **values)
    return tx.create(
        Forecast,
        ForecastSubmitted,
        **values,
        owner_id=me,
        team=(await owner(tx, me)).team,
        starts_on=period.start,
        ends_on=last_day(period),
    )


async def _figures(tx: Tx, period: Period, currency: str) -> dict[str, Decimal]:
    """The caller's own line of the pipeline, in the currency they commit in."""
    lines = await queries.list_pipeline(tx, period, tx.actor.member_id)
    for line in lines:
        if line.currency == currency:
            target = line.target or _NOTHING
            return {"won": line.won, "weighted": line.weighted, "target": target}
    return dict.fromkeys(("won", "weighted", "target"), _NOTHING)
