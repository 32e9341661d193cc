import pytest

from crmkit.kernel.errors import Invalid
from services.leads.source.domain import (
    ExternalKind,
    PersonalMethod,
    SourceGroup,
    demand_external,
    demand_method,
    demand_offered,
)


@pytest.mark.parametrize("group", SourceGroup)
@pytest.mark.parametrize("method", [None, *PersonalMethod])
def test_personal_sources_alone_have_a_method(
    group: SourceGroup, method: PersonalMethod | None
) -> None:
    if (group is SourceGroup.PERSONAL) == (method is not None):
        demand_method(group, method)
        return
    with pytest.raises(Invalid) as refused:
        demand_method(group, method)
    assert refused.value.code == "lead_source.method"


def test_there_are_the_five_personal_methods() -> None:
    labels = [method.zh for method in PersonalMethod]
    assert labels == ["游说兜售", "连锁介绍法", "个人观察法", "委托助手法", "市场咨询法"]


@pytest.mark.parametrize("group", SourceGroup)
@pytest.mark.parametrize("kind", [None, *ExternalKind])
def test_external_sources_alone_have_such_a_kind(
    group: SourceGroup, kind: ExternalKind | None
) -> None:
    if kind is None or group is SourceGroup.EXTERNAL:
        demand_external(group, kind)
        return
    with pytest.raises(Invalid) as refused:
        demand_external(group, kind)
    assert refused.value.code == "lead_source.external_kind"


def test_there_are_the_external_sources_of_customers_and_of_dealers() -> None:
    labels = [kind.zh for kind in ExternalKind]
    assert labels[:4] == ["非竞争公司", "目录", "社团", "报刊"]
    assert labels[4:] == [
        *("电视", "批发市场", "同行介绍", "广告公司", "招商广告"),
        "展示会订货会",
    ]


@pytest.mark.parametrize("active", [None, False])
def test_a_source_that_is_not_offered_is_unknown(active: bool | None) -> None:
    demand_offered(True)
    with pytest.raises(Invalid) as refused:
        demand_offered(active)
    assert refused.value.code == "lead_source.unknown"
