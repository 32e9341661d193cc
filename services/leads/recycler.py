"""回收 warns of leads whose protection runs out, and puts them back: a schedule of the worker.

What is due is a row's own instant, which each step moves or takes away, so several workers and one
that died anywhere do nothing twice.
"""

from datetime import timedelta

from crmkit.components.dues import Dues
from services.leads.claim.commands import recycle_lead
from services.leads.claim.statements import DUE


class Recycler(Dues):
    """Each turn does what is due for the next leads."""

    service, schedule, every = "leads", "recycler", timedelta(seconds=5)
    looks = (DUE,)
    command = recycle_lead
