"""`crm demo`: a made-up company's year of sales, and what reporting makes of it."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from crmkit.kernel import clock
from crmkit.kernel.period import Grain, day_of, period_of
from crmkit.local import demo_data as data
from crmkit.local.demo_load import load
from crmkit.local.demo_mark import Mark
from crmkit.local.demo_story import Story
from crmkit.local.running import started, stay
from crmkit.local.stack import Stack
from crmkit.remote.api import Api, Refused
from crmkit.remote.reports import save_pages

_OTHERS = ("/v1/members", "/v1/accounts", "/v1/leads", "/v1/opportunities", "/v1/contracts")
"""Where somebody who never named their tenant may have data."""
_FIGURES = (
    ("赢单 deals won", "won"),
    ("丢单 deals lost", "lost"),
    ("新增机会 deals opened", "opened"),
    ("签订合同 contracts signed", "signed"),
    ("回款 money received", "received"),
)
_LEADS = (
    ("新增线索 leads received", "created"),
    ("确认线索 leads qualified", "qualified"),
    ("转化线索 leads converted", "converted"),
)


async def show(folder: Path, port: int | None, console: Console, *, once: bool) -> None:
    """Start, load what is not there yet, report; then stay until Ctrl-C, unless `once`.

    A load that was broken off goes on. Refused where the folder holds somebody else's data.
    """
    async with started(folder, port, console) as stack, Api(stack.url, stack.token()) as api:
        mark = Mark(folder)
        tenant = await prepare(api, mark)
        if tenant is None or not mark.is_loaded:
            await _load(stack, api, mark, console)
            tenant = await api.ask("GET", "/v1/tenant")
        else:
            console.print(f"{tenant['name']}: the data of an earlier start, nothing is loaded")
            await api.settle()
        zone = ZoneInfo(tenant["time_zone"])
        await _report(api, console, zone)
        await _pages(api, folder, console, zone)
        if not once:
            console.print(_try(stack, folder), highlight=False, soft_wrap=True)
            await stay(stack, folder, console)


async def prepare(api: Api, mark: Mark) -> Any:
    """The demo's tenant, None where nothing is there yet; Refused for the data of somebody else.

    A demo of before there were marks is taken as it is where it was loaded to its end.
    """
    tenant = await api.find("/v1/tenant")
    if tenant is None:
        if await _holds_any(api, *_OTHERS):
            raise Refused("this folder holds data that is not the demo's; use another --data")
        mark.begin(clock.now())
        return None
    if not mark.is_loaded and tenant["name"] != data.TENANT["name"]:
        raise Refused(f"this folder holds the data of {tenant['name']}; use another --data")
    if mark.began is None:
        if not await _holds_any(api, "/v1/forecasts"):
            raise Refused("this folder holds a demo that cannot go on; use another --data")
        mark.begin(clock.now())
        mark.end()
    return tenant


async def _holds_any(api: Api, *paths: str) -> bool:
    for path in paths:
        if (await api.ask("GET", path, params={"limit": "1"}))["items"]:
            return True
    return False


async def _load(stack: Stack, api: Api, mark: Mark, console: Console) -> None:
    story = Story(mark.moment, ZoneInfo(str(data.TENANT["time_zone"])))
    await load(api, story, lambda who: stack.token_of(who.id, [who.role], who.team), console)
    mark.end()


async def _pages(api: Api, folder: Path, console: Console, zone: ZoneInfo) -> None:
    week, month = _now(zone)
    place = folder / "reports"
    await save_pages(api, place, [("weekly", week), ("monthly", month)])
    console.print(f"The same as pages for a browser: {place.resolve()}", soft_wrap=True)


def _now(zone: ZoneInfo) -> tuple[str, str]:
    """This week and this month."""
    today = day_of(clock.now(), zone)
    return period_of(today, Grain.WEEK).label, period_of(today, Grain.MONTH).label


async def _report(api: Api, console: Console, zone: ZoneInfo) -> None:
    week, month = _now(zone)
    weekly = await api.ask("GET", f"/v1/reports/weekly/{week}")
    monthly = await api.ask("GET", f"/v1/reports/monthly/{month}")
    pipeline = await api.ask("GET", "/v1/forecasts/pipeline", params={"period": month})
    commits = await api.ask("GET", "/v1/forecasts", params={"period": month, "limit": "200"})
    members = await api.ask("GET", "/v1/members", params={"limit": "200"})
    names = {member["id"]: member["name"] for member in members["items"]}
    console.print(_period("周报 week", weekly), _period("月报 month", monthly))
    console.print(_won_by(monthly))
    console.print(_forecast(month, pipeline["lines"], commits["items"], names))


def _period(title: str, report: dict[str, Any]) -> Table:
    section = report["currencies"][0]
    table = Table(title=f"{title} {report['period']}", title_justify="left")
    table.add_column("")
    for column in ("number", section["currency"], "change"):
        table.add_column(column, justify="right")
    for label, name in _LEADS:
        count = report["leads"][name]
        table.add_row(label, str(count["value"]), "", _change(count))
    done = sum(each["done"]["value"] for each in report["activities"])
    table.add_row("销售活动 activities", str(done), "", "")
    for label, name in _FIGURES:
        count, amount = section[name]["count"], section[name]["amount"]
        table.add_row(label, str(count["value"]), _amount(amount["value"]), _change(amount))
    return table


def _won_by(report: dict[str, Any]) -> Table:
    """The three greatest of each cut."""
    section = report["currencies"][0]
    table = Table(title=f"赢单 won in {report['period']} by", title_justify="left")
    for column in ("", "", section["currency"], "share"):
        table.add_column(column, justify="right" if column else "left")
    for cut in ("owner", "team", "region", "source", "product"):
        for n, share in enumerate(section["won_by"][cut][:3]):
            label = cut if n == 0 else ""
            part = "" if share["share"] is None else f"{share['share']} %"
            table.add_row(label, share["label"], _amount(share["amount"]), part)
    return table


def _forecast(
    month: str,
    lines: list[dict[str, Any]],
    commits: list[dict[str, Any]],
    names: dict[str, str],
) -> Table:
    committed = {each["owner_id"]: each["commit"]["amount"] for each in commits}
    table = Table(title=f"预测与目标 forecast against target {month}", title_justify="left")
    table.add_column("")
    for column in ("won", "weighted", "open", "commit", "target", "attained"):
        table.add_column(column, justify="right", no_wrap=True)
    for line in lines:
        target = line["target"]["amount"] if line["target"] else None
        figures = (line["won"]["amount"], line["weighted"]["amount"], line["best_case"]["amount"])
        shown = [_amount(each) for each in (*figures, committed.get(line["owner_id"]), target)]
        table.add_row(names.get(line["owner_id"], ""), *shown, _percent(line["attainment"]))
    return table


def _amount(amount: Any) -> str:
    """Without the cents: the tables are to be read at a glance."""
    return "" if amount is None else f"{Decimal(amount):,.0f}"


def _percent(ratio: str | None) -> str:
    return "" if ratio is None else f"{Decimal(ratio):.0%}"


def _change(figure: dict[str, Any]) -> str:
    return "" if figure["change"] is None else f"{figure['change']} %"


def _try(stack: Stack, folder: Path) -> str:
    token = f".venv/bin/crm token --data {folder}"
    graph = """'{"query":"{ leads(first: 3) { nodes { company status account { name } } } }"}'"""
    return "\n".join(
        [
            "",
            f"TOKEN=$({token})",
            f'curl -s -H "authorization: Bearer $TOKEN" "{stack.url}/v1/leads?status=new&limit=3"',
            f'curl -s -H "authorization: Bearer $TOKEN" -H "content-type: application/json"'
            f" -d {graph} {stack.url}/graphql/leads",
        ]
    )
