"""跟进提醒 moves follow-ups on: a schedule of the worker.

What is due is a row's own instant, which each step moves or takes away, so several workers, and one
that died anywhere, do nothing twice.
"""

from datetime import timedelta

from crmkit.components.dues import Dues
from services.leads.followup.commands import advance_follow_up
from services.leads.followup.queries import CLOSED, DUE


class FollowUpClock(Dues):
    """Each turn moves on the plans that are due, and stops those whose lead was closed."""

    service, schedule, every = "leads", "follow_up_clock", timedelta(seconds=15)
    looks = (DUE, CLOSED)
    command = advance_follow_up
