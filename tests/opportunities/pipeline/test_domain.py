import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from services.opportunities.pipeline.domain import (
    STANDARD,
    Course,
    Stage,
    demand_distinct,
    demand_only_default,
    document,
    stages_of,
    standard_id,
)

COURSE = Course(ids.new(), STANDARD)


def test_a_deal_begins_in_the_first_stage() -> None:
    assert COURSE.stage(None).code == "qualification"


@pytest.mark.parametrize("stage", STANDARD)
def test_every_stage_is_found_by_its_code(stage: Stage) -> None:
    assert COURSE.stage(stage.code) is stage
    assert COURSE.stage_or_first(stage.code) is stage


def test_a_stage_of_another_pipeline_is_refused_by_naming_the_known_ones() -> None:
    with pytest.raises(Invalid, match="qualification, analysis, proposal, negotiation") as caught:
        COURSE.stage("handshake")
    assert caught.value.code == "stage.unknown"
    assert caught.value.faults[0].pointer == "/stage"


def test_a_stage_that_fell_away_is_taken_up_at_the_first() -> None:
    assert COURSE.stage_or_first("handshake") is STANDARD[0]


def test_the_standard_pipeline_grows_more_certain_with_every_stage() -> None:
    assert [stage.probability for stage in STANDARD] == [10, 25, 50, 75]


def test_stages_come_back_from_a_document_as_they_were() -> None:
    assert stages_of(document(STANDARD)) == STANDARD


def test_the_standard_pipeline_has_one_id_for_each_tenant() -> None:
    one, other = ids.new(), ids.new()
    assert standard_id(one) == standard_id(one)
    assert standard_id(one) != standard_id(other)


def test_a_code_cannot_stand_in_a_pipeline_twice() -> None:
    with pytest.raises(Invalid) as caught:
        demand_distinct([Stage("a", "A", 1), Stage("b", "B", 2), Stage("a", "C", 3)])
    assert caught.value.code == "stage.twice"


def test_stages_may_lose_probability_on_the_way() -> None:
    demand_distinct([Stage("a", "A", 50), Stage("b", "B", 10)])


def test_only_one_pipeline_is_the_default() -> None:
    one, other = ids.new(), ids.new()
    demand_only_default(None, one)
    demand_only_default(one, one)
    for pipeline_id in (other, None):
        with pytest.raises(Conflict) as caught:
            demand_only_default(one, pipeline_id)
        assert caught.value.code == "pipeline.default_exists"
        assert caught.value.extra == {"pipeline_id": str(one)}
