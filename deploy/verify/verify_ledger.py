"""Check an exported ledger without any code of the house: python verify_ledger.py FILE [--key HEX]

FILE is what `crm ledger export` writes; keys are public ones you trust, 64 hexadecimal digits each,
fetched from elsewhere: without any, the file's own prove less. Needs Python 3.11 and the package
`cryptography`. Exit status 0: whole and signed. 1: it is not.
"""

import argparse
import json
import sys
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Ledger:
    """What was read of a ledger so far, and what is wrong with it."""

    def __init__(self, trusted: list[str]) -> None:
        self.trusted, self.faults = trusted, []
        self.hash, self.position, self.entries, self.erased, self.signed = bytes(32), 0, 0, 0, 0
        self.waiting, self.given_up, self.left, self.told = {}, {}, {}, {}

    def root(self, root: dict) -> None:
        """Its key is trusted, and its signature holds; it waits for its entry."""
        said = ["dealstream ledger root 1", root["service"], root["day"], str(root["position"])]
        if self.trusted and root["public_key"] not in self.trusted:
            self.faults.append(f"root of {root['day']}: signed by a key that is not trusted")
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root["public_key"]))
            key.verify(bytes.fromhex(root["signature"]), "\n".join([*said, root["hash"]]).encode())
        except (InvalidSignature, ValueError):
            self.faults.append(f"root of {root['day']}: the signature does not hold")
        self.waiting.setdefault(root["position"], []).append(root)

    def entry(self, entry: dict) -> None:
        """It follows the one before it, and says what the roots of its place say."""
        wanted = self.given_up.pop(self.position + 1, self.position) + 1
        self.position = entry["position"]
        self.entries, self.erased = self.entries + 1, self.erased + (entry["salt"] == "")
        if self.position != wanted:
            self.faults.append(f"position {wanted}: missing, {self.position} comes instead")
        self.follow(entry)
        self.hash = bytes.fromhex(entry["hash"])
        for root in self.waiting.pop(self.position, ()):
            self.signed = self.position
            if root["hash"] != entry["hash"]:
                self.faults.append(f"root of {root['day']}: its place was rewritten since")

    def follow(self, entry: dict) -> None:
        """Its digest holds, or, if erased, `remains` of the erasing event; and the chain does."""
        if entry["digest"] is None:
            self.faults.append(f"position {self.position}: event {entry['event_id']} is lost")
            return
        digest, salt = bytes.fromhex(entry["digest"]), bytes.fromhex(entry["salt"])
        event, raw = UUID(entry["event_id"]), (entry["data"] or "").encode()
        if salt and sha256(salt + raw).digest() != digest:
            self.faults.append(f"position {self.position}: event {event} was rewritten")
        data = json.loads(raw or "{}")
        if data and not salt:
            self.left.setdefault(data["state"]["id"], []).append(event.bytes + sha256(raw).digest())
        elif "remains" in data:
            self.told[data["state"]["id"]] = data["remains"]
        link = self.hash + self.position.to_bytes(8, "big") + event.bytes + digest
        if entry.get("form", 1) > 1:  # the link covers who, when and what kind, too
            link += sha256((entry["head"] or "").encode()).digest()
        if sha256(link).hexdigest() != entry["hash"]:
            self.faults.append(f"position {self.position}: the chain breaks")

    def end(self) -> tuple[str, list[str]]:
        self.faults += [f"position {each}: signed, but not there" for each in self.waiting]
        for record, left in self.left.items():
            if self.told.get(record) != sha256(b"".join(sorted(left))).hexdigest():
                self.faults.append(f"record {record}: nobody erased it like this")
        if self.trusted and not self.signed:
            self.faults.append("no root is there that a trusted key could have signed")
        held = f"{self.entries} entries ({self.erased} erased), signed up to position {self.signed}"
        return held, self.faults


def check(path: str, trusted: list[str]) -> tuple[str, list[str]]:
    """What the file holds, and its faults."""
    ledger = Ledger(trusted)
    take = {"root": ledger.root, "entry": ledger.entry, "resumed": ledger.given_up.update}
    with open(path, encoding="utf-8") as file:
        for kind, said in (json.loads(line).popitem() for line in file):
            take[kind](said if kind != "resumed" else {said["first"]: said["last"]})
    return ledger.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check an exported ledger.")
    parser.add_argument("file")
    parser.add_argument("--key", action="append", default=[], type=str.lower, help="one you trust")
    said, found = check(*vars(parser.parse_args()).values())
    print(*found, f"{said}: {'WRONG' if found else 'whole'}", sep="\n")
    sys.exit(1 if found else 0)
