"""`crm token` as it is typed; it loads what it needs, so that `crm --help` is quick."""

from collections.abc import Collection
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from crmkit.installed import found
from crmkit.kernel import ids
from crmkit.local.administrator import ADMIN_SCOPES, DEMO_MEMBER, DEMO_TENANT
from crmkit.remote.api import Refused

_DAYS_30 = 720


def token(  # noqa: PLR0913, PLR0917 - each is an option
    data: Annotated[Path, typer.Option(help="Where the stack keeps its data.")] = Path(".data"),
    tenant: Annotated[UUID | None, typer.Option(help="Tenant id; the demo's if left out.")] = None,
    member: Annotated[
        UUID | None, typer.Option(help="Member id; a made-up one if left out.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    team: Annotated[str, typer.Option(help="Team path, such as cn/east.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="Such as history:write.")] = None,
    hours: Annotated[float, typer.Option(help="How long it holds.", min=0, max=_DAYS_30)] = 12,
    new: Annotated[
        bool, typer.Option("--new", help="Make a key where there is none, for CRM_JWKS_FILE.")
    ] = False,
) -> None:
    """Print a development token for the stack in `--data`; an administrator's by default."""
    from crmkit.local.issuing import DevIssuer
    from crmkit.settings import Settings

    keys = data / "keys"
    if not new and not (keys / "issuer.pem").exists():
        raise Refused(
            f"no stack keeps its data in {data}; --new makes a key, which none trusts yet"
        )
    roles = role or ["admin"]
    demand_roles(roles)
    scopes = scope if scope is not None else ADMIN_SCOPES if roles == ["admin"] else ()
    subject = member or (DEMO_MEMBER if roles == ["admin"] else ids.new())
    issuer = DevIssuer(keys, Settings.load())
    typer.echo(issuer.token(tenant or DEMO_TENANT, subject, roles, team, scopes, hours))


def demand_roles(roles: Collection[str]) -> None:
    """Refused for a role that no policy of the services installed here speaks of."""
    known = _known()
    for role in roles:
        if role not in known:
            near = get_close_matches(role, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            raise Refused(f"no such role: {role}{hint}")


def _known() -> list[str]:
    """By their policies alone, for services take seconds to load; no token is `system`."""
    packages = {point.module.rpartition(".")[0] for point in found().values()}
    policies = [import_module(f"{package}.policy").POLICY for package in sorted(packages)]
    named = {role for policy in policies for roles in policy.table.values() for role in roles}
    return sorted(named - {"system"})
