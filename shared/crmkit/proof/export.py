"""A service's ledger as a file that anybody can check: JSON lines, roots first, entries last.

`{"root": {service, day, position, hash, key_id, public_key, signature}}`, bytes in hexadecimal;
`{"resumed": {first, last, resumed_at}}`, positions that were told, lost and are not given again;
`{"entry": {position, event_id, form, head, salt, digest, hash, data}}`, `data` being the text that
was hashed, and `head` that which says who, when and what kind (form 2; null in form 1).
"""

import json
import os
from pathlib import Path
from typing import Any, TextIO

from crmkit.messaging.heads import HEAD
from crmkit.proof.snapshots import snapshot
from crmkit.service import Service

_WRITE = os.O_WRONLY | os.O_CREAT
_ENTRIES = f"""
select l.position, l.event_id::text, l.form, case when l.form > 1 then {HEAD} end as head,
  encode(e.salt, 'hex') as salt, encode(e.digest, 'hex') as digest,
  encode(l.hash, 'hex') as hash, e.data
from ledger l left join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
order by l.position
"""
_ROOTS = """
select day::text, position, encode(hash, 'hex') as hash, key_id,
  encode(public_key, 'hex') as public_key, encode(signature, 'hex') as signature
from ledger_root order by day
"""
_RESUMED = "select first, last, resumed_at::text from ledger_resumed order by first"


async def export_ledger(service: Service, out: Path) -> tuple[int, int]:
    """Write the file; how many entries and roots it has. It holds what all tenants' events say."""
    entries = roots = 0
    with private(out) as file:
        async with snapshot(service) as connection:
            for row in await connection.fetch(_ROOTS):
                file.write(_line("root", {"service": service.name} | dict(row)))
                roots += 1
            for row in await connection.fetch(_RESUMED):
                file.write(_line("resumed", dict(row)))
            async for row in connection.cursor(_ENTRIES, prefetch=2000):
                file.write(_line("entry", dict(row)))
                entries += 1
    return entries, roots


def private(path: Path, *, new: bool = False) -> TextIO:
    """Others on this machine may not read it; FileExistsError where it should be new."""
    how = os.O_EXCL if new else os.O_TRUNC
    return open(os.open(path, _WRITE | how, 0o600), "w", encoding="utf-8")


def _line(kind: str, content: dict[str, Any]) -> str:
    return json.dumps({kind: content}, ensure_ascii=False) + "\n"
