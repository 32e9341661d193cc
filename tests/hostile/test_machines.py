"""A proof that a sabotaged house is found out is the story's own, not a crash of the kit."""

import pytest
from graphql import GraphQLSchema
from hypothesis.stateful import rule

from crmkit.testing.house import House
from tests.hostile.documents import roots
from tests.hostile.machines import Story, demand_wrong


class Wrong(Story):
    @rule()
    def look(self) -> None:
        assert self.tenant is None, "what the story demands"


class Ends(Story):
    @rule()
    def look(self) -> None:
        """Nothing is seen until the end."""

    def end(self) -> None:
        assert self.tenant is None, "what the story demands at its end"


class Well(Story):
    @rule()
    def look(self) -> None:
        assert self.tenant is not None


class Crashes(Story):
    @rule()
    def look(self) -> None:
        raise ValueError("the kit takes apart what is not there")


class Elsewhere(Story):
    @rule()
    def look(self) -> None:
        roots(GraphQLSchema())


@pytest.mark.parametrize("story", [Wrong, Ends])
async def test_what_a_story_demands_is_a_proof(house: House, story: type[Story]) -> None:
    await demand_wrong(story, house, 1)


async def test_a_story_that_goes_well_is_no_proof(house: House) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await demand_wrong(Well, house, 1)


async def test_a_crash_of_the_kit_is_no_proof(house: House) -> None:
    with pytest.raises(ValueError, match="takes apart"):
        await demand_wrong(Crashes, house, 1)


async def test_an_assertion_of_another_file_is_no_proof(house: House) -> None:
    with pytest.raises(AssertionError, match="no assertion of the story says so"):
        await demand_wrong(Elsewhere, house, 1)
