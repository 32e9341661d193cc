"""What `crm score` does: leads come from the public API, and the model goes there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from crmkit.kernel import clock
from crmkit.kernel.levels import LEAKS
from crmkit.remote.api import Api, Refused
from crmkit.remote.training import (
    DEFAULT_FIELDS,
    Backtest,
    Example,
    Trained,
    Untrainable,
    examples_of,
    train,
)

_PAGE = 200
_AT_ONCE = 10
"""Histories of one GraphQL operation, as many as it may ask for."""


async def train_score(
    name: str,
    also: list[str],
    patience: timedelta,
    most: int,
    console: Console,
    *,
    keep: bool = True,
    api: Api | None = None,
) -> None:
    """Train, print the backtest, and draft the model; Refused where it leaks or cannot be made."""
    async with api or Api.from_environment() as asked:
        leads = await fetch_leads(asked, most)
        examples = await as_they_came(asked, examples_of(leads, clock.now(), patience))
        try:
            trained = train(examples, (*DEFAULT_FIELDS, *dict.fromkeys(also)))
        except (Untrainable, KeyError) as error:
            raise Refused(f"no model: {error}") from error
        console.print(_figures(trained.backtest))
        _demand_sound(trained)
        if keep:
            kept = await asked.ask("POST", "/v1/score-models", json=trained.document(name))
            console.print(f"draft {kept['id']}", highlight=False)


async def fetch_leads(api: Api, most: int) -> list[dict[str, Any]]:
    """The newest leads that the caller sees."""
    leads: list[dict[str, Any]] = []
    page: dict[str, Any] = {"sort": "-received_at", "limit": _PAGE}
    while len(leads) < most:
        answer = await api.ask("GET", "/v1/leads", params=page)
        leads += answer["items"]
        if answer["next_cursor"] is None:
            break
        page = page | {"cursor": answer["next_cursor"]}
    return leads[:most]


async def as_they_came(api: Api, examples: list[Example]) -> list[Example]:
    """The same ends, of leads as they were when they came in: what somebody wrote down since knows
    more than there is to know of a lead that is to be scored."""
    changed = [each.values["id"] for each in examples if each.values["version"] > 1]
    came: dict[str, Mapping[str, Any]] = {}
    for first in range(0, len(changed), _AT_ONCE):
        came |= await _first_states(api, changed[first : first + _AT_ONCE])
    return [Example(came.get(e.values["id"], e.values), e.converted) for e in examples]


async def _first_states(api: Api, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    """What the first event of each lead told; Refused where the house answers with problems."""
    asked = ", ".join(f"$i{n}: UUID!" for n in range(len(ids)))
    fields = " ".join(
        f"h{n}: leadHistory(id: $i{n}, before: 2, first: 1) {{ state }}" for n in range(len(ids))
    )
    variables = {f"i{n}": lead_id for n, lead_id in enumerate(ids)}
    body = {"query": f"query ({asked}) {{ {fields} }}", "variables": variables}
    answer = await api.ask("POST", "/graphql/leads", json=body)
    if "errors" in answer:
        raise Refused(f"histories of leads: {answer['errors'][0]['message']}")
    told = answer["data"]
    return {
        lead_id: {"custom": {}} | told[f"h{n}"][0]["state"]
        for n, lead_id in enumerate(ids)
        if told[f"h{n}"]
    }


def _demand_sound(trained: Trained) -> None:
    if trained.alarms:
        told = ", ".join(f"{field} (AUC {alone:.2f})" for field, alone in trained.alarms.items())
        raise Refused(f"no model: by themselves these fields know how leads end: {told}")
    if trained.leaks:
        raise Refused(
            f"no model: an AUC of {trained.backtest.auc:.3f}, above {LEAKS:.2f}, is of fields that"
            " are written after the first contact"
        )


def _figures(backtest: Backtest) -> Table:
    table = Table("leads", "converted", "AUC", "Brier", "of the base rate", "ECE", title="backtest")
    measured = (backtest.auc, backtest.brier, backtest.base_brier, backtest.ece)
    told = (f"{backtest.rows}", f"{backtest.converted}", *(f"{each:.3f}" for each in measured))
    table.add_row(*told)
    return table
