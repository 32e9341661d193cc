"""Loading the story of `crm demo` through the public API, as a client of it would."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from crmkit.kernel.period import Grain, day_of, period_of
from crmkit.local import demo_data as data
from crmkit.local.demo_data import Person
from crmkit.local.demo_story import Deal, Deed, Life, Story
from crmkit.remote.api import Api, Refused

_AT_ONCE = 12
_CHUNK = 125
_COMMITTED = Decimal("0.85")
_MONTHS_WITH_TARGETS = 3
TokenOf = Callable[[Person], str]
Body = dict[str, Any]


async def load(api: Api, story: Story, token_of: TokenOf, console: Console) -> None:
    """Write all of it, or what of it is not there yet; about two thousand requests."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        await Loading(api, story, token_of, progress).run()


class Loading:
    """One run. What an earlier run wrote is found by external ids, or by how it stands."""

    def __init__(self, api: Api, story: Story, token_of: TokenOf, progress: Progress) -> None:
        self.api = api
        self.story = story
        self._token_of = token_of
        self._progress = progress
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Settle where the next step needs what another service learns by events."""
        await self._people_and_products()
        await self.api.settle()
        accounts = await self._accounts()
        leads = await self._leads(accounts)
        await self._activities(leads)
        await self._feedback()
        await self.api.settle()
        await self._deals(leads)
        await self.api.settle()
        await self._contracts(leads)
        await self._targets()
        await self.api.settle()
        await self._forecasts()
        await self.api.settle()

    async def _people_and_products(self) -> None:
        if await self.api.find("/v1/tenant") is None:
            await self.api.ask("PUT", "/v1/tenant", json=data.TENANT)
        await self._batches("people", "/v1/members", [_person(each) for each in data.PEOPLE])
        products = [
            _row(
                each.code,
                name=each.name,
                code=each.code,
                series=each.series,
                list_price=_money(each.price),
            )
            for each in data.PRODUCTS
        ]
        await self._batches("products", "/v1/products", products)

    async def _accounts(self) -> Mapping[str, str]:
        rows = [
            _row(
                each.key,
                name=each.name,
                industry=each.industry,
                region=each.region,
                owner_id=str(each.owner.id),
            )
            for each in self.story.accounts
        ]
        made = await self._batches("accounts 客户", "/v1/accounts", rows)
        return {account.key: id_ for account, id_ in zip(self.story.accounts, made, strict=True)}

    async def _leads(self, accounts: Mapping[str, str]) -> dict[str, Life]:
        rows = [_lead(life, accounts[life.account.key]) for life in self.story.lives]
        made = await self._batches("leads 线索", "/v1/leads", rows)
        return dict(zip(made, self.story.lives, strict=True))

    async def _activities(self, leads: Mapping[str, Life]) -> None:
        there = {
            (row["lead_id"], row["kind"], datetime.fromisoformat(row["done_at"]))
            for row in await self._all("/v1/activities")
            if row["done_at"]
        }
        rows = [
            _deed(lead_id, life, deed)
            for lead_id, life in leads.items()
            for deed in life.deeds
            if (lead_id, deed.kind, deed.at) not in there
        ]
        await self._batches("activities 活动", "/v1/activities", rows)

    async def _feedback(self) -> None:
        there = {row["details"] for row in await self._all("/v1/feedback")}
        sellers = {each.key: each for each in data.SELLERS}
        names = ("kind", "effect", "cost", "details", "step")
        for who, *said in data.FEEDBACK:
            body = dict(zip(names, said, strict=True))
            if body["details"] not in there:
                own = {"authorization": f"Bearer {self._token_of(sellers[who])}"}
                await self._ask("POST", "/v1/feedback", body, headers=own)

    async def _deals(self, leads: Mapping[str, Life]) -> None:
        found = await self._all("/v1/opportunities")
        await self._each(
            "opportunities 机会",
            [
                self._deal(row, leads[row["lead_id"]])
                for row in found
                if row["lead_id"] in leads and row["status"] == "open"
            ],
        )

    async def _deal(self, row: Body, life: Life) -> None:
        deal = _deal_of(life)
        path = f"/v1/opportunities/{row['id']}"
        version = f'"{row["version"]}"'
        planned = {"expected_close_on": deal.expected_close_on.isoformat()}
        opened = life.converted_at or self.story.now
        if row["expected_close_on"] != planned["expected_close_on"]:
            await self._ask("PATCH", path, planned, opened, {"if-match": version})
        for stage, at in _moves_after(row["stage"], deal):
            await self._ask("POST", f"{path}/stage", {"stage": stage}, at)
        if deal.won_at:
            await self._ask("POST", f"{path}/win", {"amount": _money(deal.amount)}, deal.won_at)
        if deal.lost_at:
            await self._ask("POST", f"{path}/lose", {"reason": deal.lost_reason}, deal.lost_at)

    async def _contracts(self, leads: Mapping[str, Life]) -> None:
        """Each was drafted when opportunities told that its deal was won."""
        deals = {
            row["id"]: leads[row["lead_id"]]
            for row in await self._all("/v1/opportunities")
            if row["lead_id"] in leads
        }
        found = await self._all("/v1/contracts")
        await self._each(
            "contracts 合同",
            [
                self._contract(row, _deal_of(deals[row["opportunity_id"]]))
                for row in found
                if row["opportunity_id"] in deals
            ],
        )

    async def _contract(self, row: Body, deal: Deal) -> None:
        path = f"/v1/contracts/{row['id']}"
        if row["status"] == "draft":
            parts = [
                {"due_on": each.due_on.isoformat(), "amount": _money(each.amount)}
                for each in deal.parts
            ]
            await self._ask("PUT", f"{path}/instalments", {"instalments": parts}, deal.won_at)
            await self._ask("POST", f"{path}/sign", {}, deal.signed_at)
        asked = {"contract_id": row["id"], "sort": "sequence"}
        planned = await self.api.ask("GET", "/v1/instalments", params=asked)
        for instalment, part in zip(planned["items"], deal.parts, strict=True):
            if part.paid_at and not Decimal(instalment["paid"]["amount"]):
                receipts = f"/v1/instalments/{instalment['id']}/receipts"
                money = {"amount": _money(part.amount), "reference": "bank transfer 转账"}
                await self._ask("POST", receipts, money, part.paid_at)

    async def _targets(self) -> None:
        there = {(row["period"], row["owner_id"]) for row in await self._all("/v1/targets")}
        await self._each(
            "targets 目标",
            [
                self._ask(
                    "PUT", f"/v1/targets/{month}/{seller.id}", {"amount": _money(seller.monthly)}
                )
                for month in self._months()
                for seller in data.SELLERS
                if (month, str(seller.id)) not in there
            ],
        )

    async def _forecasts(self) -> None:
        """A seller commits to what is won and most of what may be."""
        month = self._months()[0]
        pipeline = await self.api.ask("GET", "/v1/forecasts/pipeline", params={"period": month})
        lines = {line["owner_id"]: line for line in pipeline["lines"]}
        await self._each(
            "forecasts 预测",
            [self._commit(seller, month, lines[str(seller.id)]) for seller in data.SELLERS],
        )

    async def _commit(self, seller: Person, month: str, line: Body) -> None:
        won, weighted = (Decimal(line[name]["amount"]) for name in ("won", "weighted"))
        commit = (won + weighted * _COMMITTED).quantize(Decimal(1))
        body = {"period": month, "commit": _money(commit)}
        own = {"authorization": f"Bearer {self._token_of(seller)}"}
        await self._ask("POST", "/v1/forecasts", body, headers=own)

    def _months(self) -> list[str]:
        """This month and those before, newest first."""
        months: list[str] = []
        day = day_of(self.story.now, self.story.zone)
        while len(months) < _MONTHS_WITH_TARGETS:
            month = period_of(day, Grain.MONTH)
            months.append(month.label)
            day = month.start - timedelta(1)
        return months

    async def _batches(self, title: str, path: str, rows: Sequence[Body]) -> list[str]:
        """The ids the rows got, in their order; Refused for a row that is."""
        chunks = [rows[n : n + _CHUNK] for n in range(0, len(rows), _CHUNK)]
        made = await self._each(title, [self._batch(path, chunk) for chunk in chunks])
        return [id_ for ids_ in made for id_ in ids_]

    async def _batch(self, path: str, rows: Sequence[Body]) -> list[str]:
        answer = await self._ask("POST", f"{path}/batch", {"rows": rows, "atomic": True})
        refused = [row["problem"] for row in answer["rows"] if row.get("problem")]
        if refused:
            raise Refused(f"{path}: {len(refused)} rows refused, the first: {refused[0]}")
        return [row["id"] for row in answer["rows"]]

    async def _all(self, path: str) -> list[Body]:
        found: list[Body] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.api.ask("GET", path, params={"limit": "200", **cursor})
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    async def _ask(
        self,
        method: str,
        path: str,
        body: Body,
        at: datetime | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        told = dict(headers or {})
        if at is not None:
            told["occurred-at"] = at.isoformat()
        return await self.api.ask(method, path, json=body, headers=told)

    async def _each(self, title: str, work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        bar = self._progress.add_task(title, total=len(work))

        async def one(job: Awaitable[Any]) -> Any:
            async with self._gate:
                done = await job
            self._progress.advance(bar)
            return done

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(job)) for job in work]
        finally:
            for job in work:
                job.close()  # one that waits as Ctrl-C comes would be told of as never awaited
        return [task.result() for task in tasks]


def _person(person: Person) -> Body:
    return _row(
        person.key,
        id=str(person.id),
        name=person.name,
        team=person.team,
        region=person.region,
        roles=[person.role],
    )


def _lead(life: Life, account_id: str) -> Body:
    row = _row(
        life.key,
        company=life.account.name,
        contact_name=life.contact,
        source=life.source,
        need=life.need,
        budget=_money(life.budget),
        product=life.product.name,
        region=life.account.region,
        owner_id=str(life.account.owner.id),
    )
    title = f"{life.account.name} {life.product.name}"
    steps: tuple[tuple[str, datetime | None, Body], ...] = (
        ("work", life.worked_at, {}),
        ("qualify", life.qualified_at, {"intent": "a" if life.deal else "c"}),
        ("disqualify", life.disqualified_at, {"reason": life.reason}),
        ("convert", life.converted_at, {"account_id": account_id, "opportunity_name": title}),
    )
    then = [
        {"action": action, "data": body, "occurred_at": at.isoformat()}
        for action, at, body in steps
        if at is not None
    ]
    return row | {"occurred_at": life.received_at.isoformat(), "then": then}


def _deed(lead_id: str, life: Life, deed: Deed) -> Body:
    return {
        "data": {
            "kind": deed.kind,
            "subject": data.SUBJECTS[deed.kind],
            "lead_id": lead_id,
            "owner_id": str(life.account.owner.id),
            "outcome": deed.outcome,
        },
        "occurred_at": deed.at.isoformat(),
    }


def _moves_after(stage: str, deal: Deal) -> Sequence[tuple[str, datetime]]:
    """Those that a deal in this stage has not made yet."""
    made = [each for each, _ in deal.moves]
    return deal.moves[made.index(stage) + 1 :] if stage in made else deal.moves


def _deal_of(life: Life) -> Deal:
    if life.deal is None:
        raise LookupError(f"{life.key} was never converted")
    return life.deal


def _row(key: str, **fields: Any) -> Body:
    return {"data": {"external_system": data.SYSTEM, "external_id": key, **fields}}


def _money(amount: Decimal | int) -> Body:
    return {"amount": f"{amount:.2f}", "currency": data.CURRENCY}
