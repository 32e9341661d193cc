"""What forecast keeps of the deals that opportunities tells of."""

from crmkit.messaging.handlers import Copy
from services.forecast.forecast.models import Deal

deals = Copy(Deal, "opportunity")
