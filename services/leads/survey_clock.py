"""Sends the surveys that are due: a schedule of the worker.

Each is a row with a due time, and the command sends it once, so any number of workers may do it.
"""

from datetime import timedelta

from crmkit.components.dues import Dues
from services.leads.survey.commands import send_survey
from services.leads.survey.queries import DUE


class SurveyClock(Dues):
    """Each turn sends the next surveys."""

    service, schedule, every = "leads", "survey_clock", timedelta(seconds=15)
    looks = (DUE,)
    command = send_survey
