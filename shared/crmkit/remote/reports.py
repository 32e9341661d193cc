"""What `crm report` does: a report as a file, for a browser sends no token by itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from crmkit.remote.api import Api, Refused

FORMS = ("html", "csv", "xlsx", "json")


async def save_report(
    api: Api, kind: str, period: str, out: Path | None = None, form: str = "", language: str = "zh"
) -> Path:
    """Fetch the weekly or monthly report of a period and write it; where it is.

    Without a form the ending of `out` decides, without `out` it is a page in this folder. Refused
    where the ending says none of the forms or the folder is not there, which is never made, OSError
    where the file cannot be written.
    """
    wanted = form or _form_of(out)
    path = out or Path(f"{kind}-report-{period}.{wanted}")
    if not await asyncio.to_thread(path.parent.is_dir):
        raise Refused(f"{path}: there is no folder {path.parent}")
    query = {"format": wanted, "lang": language}
    body = await api.take("GET", f"/v1/reports/{kind}/{period}", params=query)
    path.write_bytes(body)
    return path


async def fetch_report(kind: str, period: str, out: Path | None, form: str, language: str) -> Path:
    """The same, of the house that the environment names."""
    async with Api.from_environment() as api:
        return await save_report(api, kind, period, out, form, language)


async def save_pages(api: Api, folder: Path, periods: Sequence[tuple[str, str]]) -> list[Path]:
    """The pages of several reports, each `(kind, period)`, in a folder of ours, made if need be."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    return [
        await save_report(api, kind, period, folder / f"{kind}-report-{period}.html")
        for kind, period in periods
    ]


def _form_of(out: Path | None) -> str:
    if out is None:
        return "html"
    ending = out.suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise Refused(f"{out}: say with --format which it is: {', '.join(FORMS)}")
    return ending
