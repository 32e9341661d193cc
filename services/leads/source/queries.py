"""The catalogue of sources, and whether it is enforced."""

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from services.leads.source.models import LeadSource, SourceRule

_REMEMBER_SECONDS = 2.0
SOURCES = Listing(
    LeadSource,
    filters=("code", "source_group", "method", "external_kind", "active", "updated_at"),
    sorts=("code", "updated_at"),
    default="code",
    search=("code", "label_zh", "label_en"),
)


async def find_rule(reading: Reading) -> SourceRule | None:
    """What the tenant decided; None until it has."""
    return await reading.find(SourceRule, id=reading.tenant_id)


async def is_enforced(reading: Reading) -> bool:
    """Whether leads are only taken from sources of the catalogue; remembered for two seconds, since
    it is asked for every lead."""

    async def ask() -> bool:
        rule = await find_rule(reading)
        return rule is not None and rule.enforced

    return await reading.recall("source_rule", ask, _REMEMBER_SECONDS)
