"""Whatever is sent under a key, in turn or at once: one effect, and always its answer."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from crmkit.db.executor import Executor, Outcome
from crmkit.kernel import ids
from crmkit.testing.house import House
from tests.hostile.conftest import Size
from tests.hostile.machines import Story, demand_wrong, play

_PATH = "/v1/leads"
_MISMATCH = (422, "idempotency.mismatch")
who = st.integers(0, 2)
keys = st.sampled_from(["a", "b", "c"])
names = st.sampled_from(["Acme", "Beta", "Gamma"])


class Keys(Story):
    """Two people of one tenant and one of another, and the answers that each was given."""

    def __init__(self) -> None:
        super().__init__()
        me = ids.new()
        self.people = [
            self.caller("leads", "admin", member=me),
            self.caller("leads", "admin"),
            self.caller("leads", "admin", member=me, tenant=ids.new()),
        ]
        self.first: dict[tuple[int, str], tuple[str, bytes]] = {}
        self.unkeyed = 0

    def send(self, person: int, key: str | None, *companies: str) -> list[httpx.Response]:
        """All at once."""
        headers = {} if key is None else {"idempotency-key": key}
        bodies = [{"company": company, "source": "web"} for company in companies]
        post = self.people[person].post

        async def together() -> list[httpx.Response]:
            return await asyncio.gather(*(post(_PATH, json=b, headers=headers) for b in bodies))

        return self.wait(together())

    def check(self, person: int, key: str, company: str, answer: httpx.Response) -> None:
        """Answered as the first one under the key was, or told that it said something else."""
        said, content = self.first[person, key]
        if said != company:
            assert (answer.status_code, answer.json()["code"]) == _MISMATCH
        else:
            assert (answer.status_code, answer.content) == (201, content)

    def note(self, person: int, key: str, companies: list[str], answers: list[Any]) -> None:
        """Of several the one that had its effect is the first."""
        if (person, key) in self.first:
            assert all("idempotency-replayed" in a.headers for a in answers if a.is_success)
            return
        effects = [
            (company, answer)
            for company, answer in zip(companies, answers, strict=True)
            if answer.is_success and "idempotency-replayed" not in answer.headers
        ]
        assert len(effects) == 1
        [(said, answer)] = effects
        self.first[person, key] = (said, answer.content)

    @rule(person=who, key=keys, companies=st.lists(names, min_size=1, max_size=4))
    def send_with_a_key(self, person: int, key: str, companies: list[str]) -> None:
        answers = self.send(person, key, *companies)
        self.note(person, key, companies, answers)
        for company, answer in zip(companies, answers, strict=True):
            self.check(person, key, company, answer)

    @rule(person=who)
    def send_without_a_key(self, person: int) -> None:
        [answer] = self.send(person, None, "Nameless")
        assert answer.status_code == 201
        self.unkeyed += 1

    @rule(person=who, key=keys)
    def be_refused(self, person: int, key: str) -> None:
        """A body that breaks a rule leaves the key as it was."""
        [answer] = self.send(person, key, "")
        assert answer.status_code == 422

    @precondition(lambda self: self.first)
    @rule(data=st.data())
    def change_what_was_answered(self, data: st.DataObject) -> None:
        """The answer of the key stays what it was."""
        person, key = data.draw(st.sampled_from(sorted(self.first)))
        path = f"{_PATH}/{_id_of(self.first[person, key][1])}"
        etag = self.wait(self.people[person].get(path)).headers["etag"]
        headers = {"if-match": etag}
        changed = self.wait(self.people[person].patch(path, json={"need": "x"}, headers=headers))
        assert changed.status_code == 200

    @invariant()
    def there_is_one_effect_for_each_key(self) -> None:
        asked = (person.get(f"{_PATH}?count=exact&limit=1") for person in self.people[1:])
        found = sum(self.wait(each).json()["total"] for each in asked)
        assert found == len(self.first) + self.unkeyed


def _id_of(content: bytes) -> str:
    return str(httpx.Response(200, content=content).json()["id"])


@pytest.mark.slow
async def test_a_key_has_one_effect_and_one_answer(house: House, size: Size) -> None:
    await play(Keys, house, size.settings(30, 20))


async def test_without_the_look_at_the_key_the_story_goes_wrong(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(*_: Any) -> Outcome[Any] | None:
        return None

    monkeypatch.setattr(Executor, "earlier", forgetful)
    await demand_wrong(Keys, house)
