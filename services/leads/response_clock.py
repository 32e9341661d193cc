"""首次响应 tells of leads that nobody answered in time: a schedule of the worker.

Each such lead is a row with a due time, and the command tells once, so it may die anywhere and any
number of workers may do it.
"""

from datetime import timedelta

from crmkit.components.dues import Dues
from services.leads.lead.commands import mark_overdue
from services.leads.lead.queries import OVERDUE


class ResponseClock(Dues):
    """Each turn tells of the next leads that are overdue."""

    service, schedule, every = "leads", "response_clock", timedelta(seconds=15)
    looks = (OVERDUE,)
    command = mark_overdue
