"""The contracts service: contracts, their instalments and the money that comes in."""

from crmkit.service import Service
from services.contracts.policy import POLICY
from services.contracts.tables import Row

service = Service(
    "contracts",
    rooms=("contract", "receivable"),
    policy=POLICY,
    tables=Row,
    description="What was agreed, and what is owed: contracts, instalments and receipts.",
)
