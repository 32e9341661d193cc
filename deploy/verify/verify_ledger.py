"""Check an exported ledger without any code of the house that wrote it.

    python verify_ledger.py FILE [--key HEX ...]

FILE is what `crm ledger export` writes. Keys are the public ones you trust, 64 hexadecimal digits
each, fetched from elsewhere; without any, the file's own are used, which proves less. Needs
Python 3.11 and the package `cryptography`. Exit status 0: whole and signed. 1: it is not.
"""

import argparse
import hashlib
import json
import sys
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Faults = list[str]


class Erased:
    """Events that lost their salt, and with it the proof by their digest: what is left of them is
    proved by the event that tells of the erasure, in a digest over all that it left of a record."""

    def __init__(self) -> None:
        self.count = 0
        self.left: dict[str, list[tuple[str, bytes]]] = {}
        self.told: dict[str, str] = {}

    def take(self, entry: dict) -> None:
        data = json.loads(entry["data"] or "{}")
        record = data.get("state", {}).get("id", "")
        self.count += entry["salt"] == ""
        if entry["salt"] == "" and data:  # else nothing is left of it
            left = (entry["event_id"], hashlib.sha256(entry["data"].encode()).digest())
            self.left.setdefault(record, []).append(left)
        elif "remains" in data:
            self.told[record] = data["remains"]

    def faults(self) -> Faults:
        whole = {name: hashlib.sha256() for name in self.left}
        for name, left in self.left.items():
            for event_id, digest in sorted(left):
                whole[name].update(UUID(event_id).bytes + digest)
        wrong = [name for name in whole if self.told.get(name) != whole[name].hexdigest()]
        return [f"record {name}: nobody erased it like this, it was rewritten" for name in wrong]


def follow(entry: dict, previous: bytes, wanted: int, faults: Faults) -> bytes:
    """Check one entry against the one before it; the hash that the next one hangs on."""
    position, kept = entry["position"], bytes.fromhex(entry["hash"])
    if position != wanted:
        faults.append(f"position {wanted}: missing, {position} comes instead")
    if entry["digest"] is None:
        faults.append(f"position {position}: event {entry['event_id']} is lost")
        return kept
    digest, salt = bytes.fromhex(entry["digest"]), bytes.fromhex(entry["salt"])
    if salt and hashlib.sha256(salt + entry["data"].encode()).digest() != digest:
        faults.append(f"position {position}: event {entry['event_id']} was rewritten")
    link = previous + position.to_bytes(8, "big") + UUID(entry["event_id"]).bytes + digest
    if entry.get("form", 1) > 1:  # the link covers who, when and what kind, too
        link += hashlib.sha256((entry["head"] or "").encode()).digest()
    if hashlib.sha256(link).digest() != kept:
        faults.append(f"position {position}: the chain breaks")
    return kept


def signed(root: dict, trusted: list[str], faults: Faults) -> None:
    """Check one root: its key is trusted, and its signature holds."""
    day, service = root["day"], root["service"]
    lines = ("dealstream ledger root 1", service, day, str(root["position"]), root["hash"])
    if trusted and root["public_key"] not in trusted:
        faults.append(f"root of {day}: signed by a key that is not trusted")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root["public_key"]))
        key.verify(bytes.fromhex(root["signature"]), "\n".join(lines).encode())
    except (InvalidSignature, ValueError):
        faults.append(f"root of {day}: the signature does not hold")


def check(path: str, trusted: list[str]) -> tuple[str, Faults]:
    """What the file holds, and its faults. Roots come first; each is held until its entry comes."""
    faults: Faults = []
    waiting: dict[int, list[dict]] = {}
    given_up: dict[int, int] = {}
    erased = Erased()
    previous, position, entries, reached = bytes(32), 0, 0, 0
    with open(path, encoding="utf-8") as file:
        for line in map(json.loads, file):
            if "root" in line:
                signed(line["root"], trusted, faults)
                waiting.setdefault(line["root"]["position"], []).append(line["root"])
                continue
            if "resumed" in line:  # positions lost with a database, which nobody is given again
                given_up[line["resumed"]["first"]] = line["resumed"]["last"]
                continue
            entry = line["entry"]
            wanted = given_up.pop(position + 1, position) + 1
            previous = follow(entry, previous, wanted, faults)
            position, entries = entry["position"], entries + 1
            erased.take(entry)
            for root in waiting.pop(position, ()):
                reached = position
                if root["hash"] != entry["hash"]:
                    faults.append(f"root of {root['day']}: position {position} was rewritten since")
    faults += [f"position {lost}: signed, but not there" for lost in waiting]
    faults += erased.faults()
    if trusted and not reached:
        faults.append("no root is there that a trusted key could have signed")
    return f"{entries} entries ({erased.count} erased), signed up to position {reached}", faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Check an exported ledger.")
    parser.add_argument("file")
    parser.add_argument("--key", action="append", default=[], help="a trusted public key, hex")
    given = parser.parse_args()
    said, faults = check(given.file, [key.lower() for key in given.key])
    for fault in faults:
        print(fault)
    print(f"{said}: {'WRONG' if faults else 'whole'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
