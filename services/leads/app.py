"""The leads service: accounts, leads and what people do about them."""

from crmkit.service import Service
from services.leads.policy import POLICY
from services.leads.recycler import Recycler
from services.leads.tables import Row

service = Service(
    "leads",
    rooms=("account", "lead", "pool", "claim", "assignment", "activity"),
    policy=POLICY,
    tables=Row,
    schedules=(Recycler,),
    description="Who we may sell to: accounts, leads, pools and activities.",
)
