"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Code, Flag, Instant, Label, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.source.domain import ExternalKind, PersonalMethod, SourceGroup


class LeadSourceCreate(Strict):
    """`method` is for personal sources, and must be there for them; `external_kind` is for external
    ones, and may be."""

    code: Code
    label_zh: Name
    label_en: Name
    source_group: SourceGroup
    method: PersonalMethod | None = None
    external_kind: ExternalKind | None = None


class LeadSourceUpdate(Patch):
    """What may be changed by hand; a code never is, for leads carry it. One that is not `active`
    is taken for no new lead where the catalogue is enforced."""

    label_zh: Name = ""
    label_en: Name = ""
    source_group: SourceGroup = SourceGroup.EXTERNAL
    method: PersonalMethod | None = None
    external_kind: ExternalKind | None = None
    active: Flag = True


class SourceRulePut(Strict):
    """`enforced`: from within two seconds on, a lead is only taken from a source that the
    catalogue offers."""

    enforced: Flag
    note: Label = ""


class LeadSourceRead(Read):
    id: UUID
    version: int
    code: str
    label_zh: str
    label_en: str
    source_group: SourceGroup
    method: PersonalMethod | None
    external_kind: ExternalKind | None
    active: bool
    created_at: Instant
    updated_at: Instant


class SourceRuleRead(Read):
    id: UUID
    version: int
    enforced: bool
    note: str
    created_at: Instant
    updated_at: Instant
