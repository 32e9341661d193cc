"""A value nobody should send is refused for its reason by every door it can come to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from tests.hostile.cases import Value
from tests.hostile.cases_values import VALUES
from tests.hostile.doors import (
    OWN,
    ROOMS,
    Records,
    Told,
    bring,
    camel,
    csv_of,
    refused_rows,
    xlsx_of,
)
from tests.leads.lead.test_custom import define

_IN_FILES = [case for case in VALUES if case.cell]
_HEADS = ["company", "source", "budget.amount", "budget.currency", "email", "phone", "owner_id"]
_COLUMNS = [*_HEADS, "need", *(f"custom.{key}" for key in OWN)]
Doors = dict[str, Records]
Rows = dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def doors(house: House) -> AsyncIterator[Doors]:
    """The rooms of one tenant that has a field of its own of every kind."""
    tenant = ids.new()
    async with AsyncExitStack() as stack:
        callers: dict[str, Caller] = {}
        for service in {room.service for room in ROOMS.values()}:
            callers[service] = await house.caller(service, tenant, "admin")
            stack.push_async_callback(callers[service].client.aclose)
        for key, kind in OWN.items():
            await define(callers["leads"], key, kind)
        yield {name: Records(callers[room.service], room) for name, room in ROOMS.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def of_csv(house: House, doors: Doors) -> Rows:
    return await _brought(house, doors["lead"].caller, csv_of)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def of_workbook(house: House, doors: Doors) -> Rows:
    return await _brought(house, doors["lead"].caller, xlsx_of)


async def _brought(house: House, caller: Caller, write: object) -> Rows:
    """All values as rows of one file: what each row was answered, by the name of its case."""
    file = write(_COLUMNS, [_cells(case) for case in _IN_FILES])  # type: ignore[operator]  # the writers of both kinds of file
    job = await bring(caller, file)
    assert job.status_code == 201, job.text
    refused = await refused_rows(house, caller, job.json())
    answers = (refused.get(row, ("201", ""))[0] for row in range(2, len(_IN_FILES) + 2))
    return {case.name: answer for case, answer in zip(_IN_FILES, answers, strict=True)}


def _cells(case: Value) -> list[object]:
    row = {"company": "Acme", "source": "web"}
    if case.member.startswith("budget."):
        row |= {"budget.amount": "1.00", "budget.currency": "CNY"}
    return [(row | {case.member: case.content}).get(column, "") for column in _COLUMNS]


def _members(case: Value) -> tuple[str, str]:
    """The top-level member, and the JSON in which the value stands."""
    top, _, inner = case.member.partition(".")
    if top == "stages" and inner:
        return top, f'[{{"code":"open","name":"Open","{inner}":{case.raw}}}]'
    if top == "budget":
        money = {"amount": '"1.00"', "currency": '"CNY"'} | {inner: case.raw}
        return top, "{" + ",".join(f'"{name}":{raw}' for name, raw in money.items()) + "}"
    return top, f'{{"{inner}":{case.raw}}}' if inner else case.raw


def _wrong(door: str, expected: str, told: Told) -> list[str]:
    wrong = [f"{door}: {told.told}, not {expected}"] if told.told != expected else []
    return wrong + [f"{door}: {fault}" for fault in told.faults]


@pytest.mark.parametrize("case", VALUES, ids=lambda case: case.name)
async def test_a_value_is_answered_alike_by_rest_batch_and_graphql(
    doors: Doors, case: Value
) -> None:
    records, (member, raw) = doors[case.room], _members(case)
    wrong = _wrong("create", case.rest, await records.create(member, raw))
    wrong += _wrong("update", case.update, await records.update(member, raw))
    wrong += _wrong("mutation", case.graphql, await records.mutate(camel(member), raw))
    wrong += _wrong("change", case.change, await records.change(camel(member), raw))
    if records.room.bulk:
        wrong += _wrong("batch", case.rest, await records.batch(member, raw))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", _IN_FILES, ids=lambda case: case.name)
async def test_a_cell_is_answered_as_its_text_is(
    case: Value, of_csv: Rows, of_workbook: Rows
) -> None:
    assert of_csv[case.name] == case.cell
    assert of_workbook[case.name] == (case.workbook or case.cell)
