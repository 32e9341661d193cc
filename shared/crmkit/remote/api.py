"""A client of the public API, and waiting until every service has heard of everything."""

import asyncio
import itertools
import json
import os
from asyncio import sleep
from collections.abc import Mapping, Sequence
from typing import Any, Self

import httpx

_POLL = 0.05
_LONGEST_WAIT = 120
"""Seconds in all for one request that is told to come later."""
_MOST_NAMED = 5
_TIMEOUT = httpx.Timeout(60, connect=5)


class Refused(Exception):
    """The API said no; the message is its problem in one line."""


class Api:
    """One base URL, one token."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=16),
        )

    @classmethod
    def from_environment(cls) -> Self:
        """By CRM_URL and CRM_TOKEN, as `crm up -- COMMAND` sets them; Refused without."""
        told = {name: os.environ.get(name, "").strip() for name in ("CRM_URL", "CRM_TOKEN")}
        for name, value in told.items():
            if not value:
                raise Refused(
                    f"{name} is not set: start the house with `crm up -- COMMAND`, or export"
                    " CRM_URL and CRM_TOKEN (`crm token` prints one)"
                )
        return cls(*told.values())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of a successful answer; Refused for any other."""
        body = await self.take(method, path, **options)
        return json.loads(body) if body else None

    async def take(self, method: str, path: str, **options: Any) -> bytes:
        """The body of a successful answer, whatever its form; Refused for any other."""
        answer = await self._send(method, path, **options)
        if answer.is_success:
            return answer.content
        raise Refused(f"{method} {path}: {answer.status_code} {said(answer)}")

    async def find(self, path: str) -> Any:
        """The JSON at a path, None where there is nothing."""
        answer = await self._send("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return await self.ask("GET", path)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer; one that says "later" is waited for, since nothing was done yet."""
        waited = 0
        while True:
            try:
                answer = await self.http.request(method, path, **options)
            except httpx.TransportError as error:
                raise Refused(f"nobody answers at {self.http.base_url}: {error!r}") from error
            seconds = _later(answer)
            if not seconds or waited + seconds > _LONGEST_WAIT:
                return answer
            await sleep(seconds)
            waited += seconds

    async def settle(self, within: float = 120) -> None:
        """Wait until all that was written before has been told, heard and reacted to.

        Refused where that takes longer than `within` seconds; it names what is waited for.
        """
        left = ["nobody was asked yet"]
        try:
            async with asyncio.timeout(within):
                names = await self._services()
                previous: list[int] = []
                calm = False
                while not calm:
                    reports = await asyncio.gather(*(self.ask("GET", name) for name in names))
                    ledgers = [report["ledger"] for report in reports]
                    left = unsettled(reports)
                    calm = not left and ledgers == previous
                    previous = [] if left else ledgers
                    await sleep(_POLL)
        except TimeoutError as error:
            named = "".join(f"; {each}" for each in left[:_MOST_NAMED])
            raise Refused(f"not all was told and heard within {within:g} s{named}") from error

    async def _services(self) -> list[str]:
        document = await self.ask("GET", "/openapi.json")
        return [path for path in document["paths"] if path.startswith("/v1/progress/")]


def unsettled(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """What, by these answers of `/v1/progress/SERVICE`, was not told yet or not heard by all."""
    left = [
        f"{report['service']} has not told all"
        for report in reports
        if report["waiting"] or report["published"] < report["ledger"]
    ]
    for listener, teller in itertools.product(reports, reports):
        left += _unheard(listener, teller)
    return left


def _unheard(listener: Mapping[str, Any], teller: Mapping[str, Any]) -> list[str]:
    applied = listener["applied"].get(teller["service"], {})
    follows = set(listener["follows"])
    return [
        f"{listener['service']} has heard {place} of {teller['service']} to"
        f" {applied.get(place, 0)} of {position}"
        for place, position in teller["heads"].items()
        if place.rpartition("/")[0] in follows and applied.get(place, 0) < position
    ]


def _later(answer: httpx.Response) -> int:
    """After how many seconds the API wants to be asked again, 0 where it does not say so."""
    given = answer.headers.get("retry-after", "")
    limited = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
    return max(int(given), 1) if limited and given.isdecimal() else 0


def said(answer: httpx.Response) -> str:
    """A problem in one line, each thing once; the beginning of the body where it is none."""
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:200]
    faults = problem.get("errors", [])
    detail = problem.get("detail", "")
    repeated = any(fault["message"] in detail for fault in faults)
    told = "; ".join(_pointed(fault) for fault in faults)
    return f"{problem.get('code')}: {told if repeated else f'{detail} {told}'}".strip()


def _pointed(fault: Mapping[str, str]) -> str:
    """The message, after the field it is about where it does not begin with that."""
    name, message = fault["pointer"].removeprefix("/"), fault["message"]
    return message if message.startswith(f"{name}: ") else f"{fault['pointer']}: {message}"
