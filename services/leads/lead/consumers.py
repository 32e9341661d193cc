"""What the room does with the events of others."""

from crmkit.messaging.handlers import Copy
from services.leads.lead.models import DealCopy

deals = Copy(DealCopy, "opportunity")
