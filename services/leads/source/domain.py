"""客户来源 where leads come from, as a tenant sorts it."""

from crmkit.kernel.errors import Invalid
from crmkit.kernel.labels import Labelled


class SourceGroup(Labelled):
    """三种手段 the three means of finding customers."""

    INTERNAL = "internal", "内部资源", "Internal"
    EXTERNAL = "external", "外部资源", "External"
    PERSONAL = "personal", "个人资源", "Personal"


class PersonalMethod(Labelled):
    """How a seller finds customers by themselves."""

    CANVASSING = "canvassing", "游说兜售", "Canvassing"
    CHAIN_REFERRAL = "chain_referral", "连锁介绍法", "Chain referral"
    OBSERVATION = "observation", "个人观察法", "Observation"
    ASSISTANT = "assistant", "委托助手法", "Assistants"
    CONSULTING = "consulting", "市场咨询法", "Market consulting"


class ExternalKind(Labelled):
    """外部资源 through whom or what customers are found outside, and dealers who look for us."""

    FRIENDLY_COMPANY = "friendly_company", "非竞争公司", "Companies that do not compete"
    DIRECTORY = "directory", "目录", "Directories"
    ASSOCIATION = "association", "社团", "Associations"
    PRESS = "press", "报刊", "Newspapers and magazines"
    TELEVISION = "television", "电视", "Television"
    WHOLESALE_MARKET = "wholesale_market", "批发市场", "Wholesale markets"
    PEERS = "peers", "同行介绍", "Others of the trade"
    AD_AGENCY = "ad_agency", "广告公司", "Advertising agencies"
    DEALER_AD = "dealer_ad", "招商广告", "Advertisements for dealers"
    FAIR = "fair", "展示会订货会", "Fairs"


def demand_method(group: SourceGroup, method: PersonalMethod | None) -> None:
    """Invalid `lead_source.method`: a personal source names its method, and no other does."""
    if (group is SourceGroup.PERSONAL) is (method is None):
        raise Invalid.field("method", "lead_source.method", "personal sources alone have a method")


def demand_external(group: SourceGroup, kind: ExternalKind | None) -> None:
    """Invalid `lead_source.external_kind` where a source that is not external names such a kind; an
    external one need not."""
    if kind is not None and group is not SourceGroup.EXTERNAL:
        raise Invalid.field(
            "external_kind", "lead_source.external_kind", "external sources alone have such a kind"
        )


def demand_offered(active: bool | None) -> None:
    """Invalid `lead_source.unknown` where the catalogue has no such source, or offers it no more.

    `active` is None where there is none.
    """
    if not active:
        raise Invalid.field("source", "lead_source.unknown", "the catalogue offers no such source")
