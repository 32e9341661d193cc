"""客户动态 what there is to tell of an account."""

from crmkit.kernel.labels import Labelled


class TimelineKind(Labelled):
    """What an entry is of."""

    ACCOUNT = "account", "客户变更", "Change of the account"
    LEAD = "lead", "线索", "Lead"
    ACTIVITY = "activity", "销售活动", "Activity"
    CONTACT = "contact", "联系人", "Contact"
    DUE_DILIGENCE = "due_diligence", "尽职调查", "Due diligence"
