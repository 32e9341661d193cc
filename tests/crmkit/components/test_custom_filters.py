"""Filters by custom fields find what a model of them finds, and do so by an index."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.components import custom
from crmkit.components.kinds import Definition as Known
from crmkit.components.kinds import FieldKind, read_value
from crmkit.db.executor import Call
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.queries import LEAD_FIELDS
from tests.leads.lead.test_custom import define
from tests.leads.samples import a_lead
from tests.plans import plan_by

VALUES: dict[str, list[Any]] = {
    "text": ["red", "blue", "Red", "a,b", "12.5", "x" * 201],
    "number": ["0", "-3", "12.5", "12.500001", "999999999999.999999", 7],
    "money": [{"amount": a, "currency": "CNY"} for a in ("0.00", "5.00", "1200.50")],
    "day": ["1999-12-31", "2026-01-05", "2026-11-22"],
    "instant": ["2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00.5Z", "2026-03-01T00:00:00Z"],
    "bool": [True, False],
    "choice": ["gold", "tin"],
    "multi-choice": [["gold"], ["tin", "gold"], ["tin"]],
    "url": ["https://a.example/x", "http://b.example"],
}
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda a, b: a == b,
    "_gte": lambda a, b: a >= b,
    "_gt": lambda a, b: a > b,
    "_lte": lambda a, b: a <= b,
    "_lt": lambda a, b: a < b,
}
RANGED: dict[str, Callable[[Any], Any]] = {
    "number": lambda v: Decimal(str(v)),
    "money": lambda v: Decimal(v["amount"]),
    "day": lambda v: v,
    "instant": datetime.fromisoformat,
}


async def a_lead_for_each(caller: Caller, kind: str) -> dict[str, Any]:
    rows = [{"data": a_lead(custom={"it": value}, company="x")} for value in VALUES[kind]]
    answer = await caller.post("/v1/leads/batch", json={"rows": [*rows, {"data": a_lead()}]})
    made = [row["id"] for row in answer.json()["rows"]]
    return dict(zip(made, [*VALUES[kind], None], strict=True))


async def found(caller: Caller, **asked: str) -> set[str]:
    answer = await caller.get("/v1/leads", params=asked)
    assert answer.status_code == 200, answer.text
    return {lead["id"] for lead in answer.json()["items"]}


def as_asked(kind: str, value: Any) -> str:
    if kind == "bool":
        return str(value).lower()
    return str(value["amount"] if kind == "money" else value)


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize("kind", RANGED)
async def test_a_ranged_filter_finds_what_the_model_finds(
    login: Login, monkeypatch: pytest.MonkeyPatch, kind: str, few: int
) -> None:
    """Whether few or many match."""
    monkeypatch.setattr(custom, "_FEW", few)
    admin = await login("leads", "admin")
    await define(admin, "it", kind)
    leads, read = await a_lead_for_each(admin, kind), RANGED[kind]
    for suffix, holds in SIGNS.items():
        for bound in VALUES[kind]:
            expected = {
                i for i, v in leads.items() if v is not None and holds(read(v), read(bound))
            }
            asked = {f"custom.it{suffix}": as_asked(kind, bound)}
            assert await found(admin, **asked) == expected, asked
        if few:  # the last of them, as of an instant
            assert await found(admin, **asked, as_of=clock.now().isoformat()) == expected, asked


@pytest.mark.parametrize("kind", sorted(VALUES.keys() - RANGED.keys()))
async def test_a_plain_filter_finds_any_of_its_values(login: Login, kind: str) -> None:
    admin = await login("leads", "admin")
    await define(admin, "it", kind, max_length=300)
    leads = await a_lead_for_each(admin, kind)
    bounds = [v for v in VALUES[kind] if not isinstance(v, list)] or ["gold", "tin"]
    for bound in (b for b in bounds if len(str(b)) <= 200 and "," not in str(b)):
        expected = {
            i for i, v in leads.items() if v == bound or (isinstance(v, list) and bound in v)
        }
        asked = {"custom.it": as_asked(kind, bound)}
        assert await found(admin, **asked) == expected, bound
        assert await found(admin, **asked, as_of=clock.now().isoformat()) == expected, bound
    refused = await admin.get("/v1/leads", params={"custom.it_gte": "1"})
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter.unknown")


async def test_several_values_missing_values_and_other_filters_go_together(login: Login) -> None:
    admin = await login("leads", "admin")
    await define(admin, "it", "choice")
    leads = await a_lead_for_each(admin, "choice")
    (without,) = [i for i, value in leads.items() if value is None]
    assert await found(admin, **{"custom.it": "gold,tin"}) == leads.keys() - {without}
    assert await found(admin, **{"custom.it_null": "true"}) == {without}
    now = clock.now().isoformat()
    assert await found(admin, **{"custom.it_null": "true", "as_of": now}) == {without}
    assert await found(admin, **{"custom.it_null": "false"}) == leads.keys() - {without}
    both = {"custom.it": "gold", "source": "web", "count": "exact", "limit": "1"}
    answer = (await admin.get("/v1/leads", params=both)).json()
    assert (answer["total"], len(answer["items"])) == (1, 1)
    assert await found(admin, **{"custom.it": "gold", "source": "fair"}) == set()


async def test_a_changed_value_is_found_by_the_new_one_alone(login: Login) -> None:
    admin = await login("leads", "admin")
    await define(admin, "it", "number")
    lead = (await admin.post("/v1/leads", json=a_lead(custom={"it": "1"}))).json()
    path, match, then = f"/v1/leads/{lead['id']}", {"if-match": '"1"'}, clock.now().isoformat()
    assert (await admin.patch(path, json={"custom": {"it": "2"}}, headers=match)).status_code == 200
    assert await found(admin, **{"custom.it": "1"}) == set()
    assert await found(admin, **{"custom.it": "1", "as_of": then, "count": "exact"}) == {lead["id"]}
    assert await found(admin, **{"custom.it_gt": "1", "as_of": then}) == set()
    assert await found(admin, **{"custom.it": "1", "as_of": "2020-01-01T00:00:00Z"}) == set()
    assert await found(admin, **{"custom.it": "2"}) == {lead["id"]}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"custom.its": "1"}, "parameter.unknown"),
        ({"custom.": "1"}, "parameter.unknown"),
        ({"custom.it": "many"}, "parameter.invalid"),
        ({"custom.it_null": "perhaps"}, "parameter.invalid"),
        ({"custom.it": "1" * 201}, "parameter.invalid"),
        ({"custom.x'); drop table lead; --": "1"}, "parameter.unknown"),
    ],
)
async def test_a_filter_nobody_defined_is_refused(login: Login, asked: Any, code: str) -> None:
    admin = await login("leads", "admin")
    await define(admin, "it", "number")
    answer = await admin.get("/v1/leads", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_records_of_others_stay_out_of_sight_whatever_is_asked(login: Login) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    await define(admin, "it", "text")
    await admin.post("/v1/leads", json=a_lead(custom={"it": "red"}))
    assert await found(seller, **{"custom.it": "red"}) == set()
    stranger = await login("leads", "admin", tenant=ids.new())
    await define(stranger, "it", "text")
    assert await found(stranger, **{"custom.it": "red"}) == set()


@pytest.mark.parametrize(
    ("asked", "few", "index", "by"),
    [
        (("custom.it_gte", ["5"]), 2000, "custom_value_number_idx", "number >= "),
        (("custom.name", ["red"]), 2000, "custom_value_value_idx", "value = ANY "),
        (("custom.it_gte", ["5"]), -1, "custom_value_id_idx", "id = lead.id"),
        (("custom.it_null", ["true"]), 2000, "custom_value_id_idx", "id = lead.id"),
    ],
)
async def test_a_filter_reads_its_index_and_not_every_value(
    house: House,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, list[str]],
    few: int,
    index: str,
    by: str,
) -> None:
    monkeypatch.setattr(custom, "_FEW", few)
    admin = await login("leads", "admin")
    await define(admin, "it", "number")
    await define(admin, "name", "text")
    tx = admin.executor.open(Call(admin.actor))
    ((condition, values),) = await LEAD_FIELDS.conditions(tx, [asked])
    sql = f"select id from lead where tenant_id = $1 and {condition.format('$2')}"
    async with (await house.system("leads")).system() as connection:
        plan = await plan_by(connection, index, sql, tx.tenant_id, values)
    read = plan.split(f"using {index} on custom_value")[1].split("Index Cond: ")[1]
    assert by in read.split("\n")[0], plan
    assert "Seq Scan on custom_value" not in plan, plan


NUMBERS = st.decimals(-(10**11), 10**11, places=6)


@given(NUMBERS)
def test_a_number_is_kept_exactly_and_in_one_way(number: Decimal) -> None:
    known = Known("it", FieldKind.NUMBER, False, True, (), {}, 200)
    kept = read_value(known, f"{number:f}")
    assert Decimal(kept) == number
    assert read_value(known, kept) == kept
    assert "e" not in kept.lower()


@given(st.integers(0, 7 * 10**15), st.integers(-14, 14))
def test_instants_are_kept_in_one_length_so_that_they_sort_as_text(micros: int, hours: int) -> None:
    instant = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
    instant = instant.astimezone(timezone(timedelta(hours=hours)))
    known = Known("it", FieldKind.INSTANT, False, True, (), {}, 200)
    kept = read_value(known, instant.isoformat())
    assert datetime.fromisoformat(kept) == instant
    assert len(kept) == len("2026-01-01T00:00:00.000000Z")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)


@given(st.sampled_from(FieldKind), JUNK)
def test_whatever_is_sent_is_kept_as_its_type_or_refused(kind: FieldKind, junk: Any) -> None:
    known = Known("it", kind, False, True, ("gold",), {}, 200)
    try:
        kept = read_value(known, junk)
    except ValueError:
        return
    assert read_value(known, kept) == kept
