"""What the room does with the events of others."""

from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractCompleted
from crmkit.messaging.handlers import consumes
from services.leads.survey import commands
from services.leads.survey.domain import SurveyTrigger
from services.leads.survey.models import Survey


@consumes(ContractCompleted)
async def ask_after_completion(tx: Tx, event: ContractCompleted) -> Survey | None:
    return await commands.plan_by_contract(tx, SurveyTrigger.CONTRACT_COMPLETED, event.state)
