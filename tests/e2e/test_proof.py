"""A fresh house proves itself, and hands out a ledger that a stranger's program can check."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crmkit.testing.house import until
from tests.e2e.shell import PROJECT, typed
from tests.e2e.standing import Running, running

PROGRAM = PROJECT / "deploy" / "verify" / "verify_ledger.py"
Lines = list[dict[str, Any]]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder with what the house handed out, and what it said."""
    folder = tmp_path_factory.mktemp("proof")
    with running(folder) as house:
        for company in ("ACME", "Birch", "Cedar"):
            house.request("POST", "/v1/leads", company=company, source="web")
        said = house.ask("verify", "--all", "--wait")
        verified = house.ask("verify", "leads", "reporting", "--format", "json")
        (folder / "verified.json").write_text(verified)
        said += house.ask("replay", "reporting")
        said += house.ask("replay", "webhooks", "--from", "broker")
        said += house.ask("replay", "leads", "--parked")
        _export_signed(house, folder / "leads.jsonl")
        keys = house.request("GET", "/v1/ledger/leads/keys")
        (folder / "keys.json").write_text(json.dumps(keys))
    return folder, said


def _export_signed(house: Running, file: Path) -> None:
    """The ledger's end is signed soon after it was written."""

    async def is_signed() -> bool:
        return " 0 signed" not in await asyncio.to_thread(export)

    def export() -> str:
        return house.ask("ledger", "export", "leads", "--out", file)

    asyncio.run(until(is_signed))


def test_a_house_that_nobody_touched_says_that_it_is_equal(told: tuple[Path, str]) -> None:
    folder, said = told
    assert "leads: 3 rows of lead: equal" in said
    assert "webhooks: 3 rows of feed_event from leads.lead: equal" in said
    assert "\nequal\n" in said
    assert " differ" not in said
    as_json = json.loads((folder / "verified.json").read_text())
    assert as_json["equal"] is True
    assert {check["service"] for check in as_json["checks"]} == {"leads", "reporting"}


def test_a_replay_of_what_is_right_heals_nothing(told: tuple[Path, str]) -> None:
    _, said = told
    assert "fact_lead: 3 rows, 0 of them healed" in said
    assert "rollup_day: " in said
    assert "directory_member: 0 rows, 0 of them healed" in said
    assert "3 events, 0 refused" in said
    assert "0 parked events applied" in said


def test_verify_wants_to_know_which_services() -> None:
    run = typed("verify")
    assert (run.returncode, run.stdout) == (2, "")
    assert "--all" in run.stderr


def verified(file: Path, *options: str) -> tuple[int, list[str]]:
    """Exit status and lines of the program, run where nothing of ours can be imported."""
    blind = (
        "import runpy, sys; sys.modules['crmkit'] = sys.modules['services'] = None;"
        f" sys.argv = {[str(PROGRAM), str(file), *options]!r};"
        f" runpy.run_path({str(PROGRAM)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", blind],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def spoilt(told: tuple[Path, str], to: Path, spoil: Callable[[Lines], Any]) -> Path:
    """A copy of the export in which something was changed."""
    lines = [json.loads(line) for line in (told[0] / "leads.jsonl").read_text().splitlines()]
    spoil(lines)
    file = to / "spoilt.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_the_program_is_short_and_knows_nothing_of_ours() -> None:
    text = PROGRAM.read_text()
    assert len(text.splitlines()) < 100
    assert "crmkit" not in text


def test_an_exported_ledger_is_whole_and_signed(told: tuple[Path, str]) -> None:
    folder, _ = told
    keys = json.loads((folder / "keys.json").read_text())["items"]
    (root,) = [
        line["root"]
        for line in map(json.loads, (folder / "leads.jsonl").read_text().splitlines())
        if "root" in line
    ]
    assert [key["key_id"] for key in keys] == [root["key_id"]]
    status, said = verified(folder / "leads.jsonl", "--key", root["public_key"])
    assert (status, len(said)) == (0, 1)
    assert said[0] == f"3 entries (0 erased), signed up to position {root['position']}: whole"


def _rewrite(lines: Lines, *, digest: bool = False, chain: bool = False) -> None:
    """Another company in the second event; with the digest, and with the chain made anew."""
    entry = next(line["entry"] for line in lines if line.get("entry", {}).get("position") == 2)
    entry["data"] = entry["data"].replace("Birch", "Beech")
    if digest:
        entry["digest"] = sha256(bytes.fromhex(entry["salt"]) + entry["data"].encode()).hexdigest()
    if chain:
        _chain_anew([line["entry"] for line in lines if "entry" in line])


def _chain_anew(entries: Lines) -> None:
    previous = bytes(32)
    for entry in entries:
        event_id = bytes.fromhex(entry["event_id"].replace("-", ""))
        link = previous + entry["position"].to_bytes(8) + event_id
        head = sha256(entry["head"].encode()).digest() if entry.get("form", 1) > 1 else b""
        previous = sha256(link + bytes.fromhex(entry["digest"]) + head).digest()
        entry["hash"] = previous.hex()


def _forge_head(lines: Lines) -> None:
    entry = lines[-2]["entry"]
    head = json.loads(entry["head"])
    assert (head[1], head[5][:7]) == ("lead.created.v1", "member:")
    entry["head"] = entry["head"].replace(head[5], f"member:{'0' * 36}")


def _forge_form(lines: Lines) -> None:
    lines[-2]["entry"] |= {"form": 1, "head": None}


def _call_erased(lines: Lines) -> None:
    entry = lines[-2]["entry"]
    entry |= {"salt": "", "data": entry["data"].replace("Birch", "Beech")}


def _swap(lines: Lines) -> None:
    one, two = lines[-2]["entry"], lines[-1]["entry"]
    one["event_id"], two["event_id"] = two["event_id"], one["event_id"]


def _lose_event(lines: Lines) -> None:
    lines[-1]["entry"] |= {"salt": None, "digest": None, "data": None}


def _sign_over(lines: Lines) -> None:
    lines[0]["root"]["signature"] = "00" * 64


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_rewrite, "was rewritten"),
        (lambda lines: _rewrite(lines, digest=True), "position 2: the chain breaks"),
        (_forge_head, "position 2: the chain breaks"),
        (_forge_form, "position 2: the chain breaks"),
        (_call_erased, "nobody erased it like this"),
        (_swap, "position 3: the chain breaks"),
        (lambda lines: lines.pop(-2), "position 2: missing, 3 comes instead"),
        (_lose_event, "is lost"),
        (_sign_over, "the signature does not hold"),
        (lambda lines: lines[0]["root"].update(position=9), "position 9: signed, but not there"),
    ],
    ids=[
        "rewritten",
        "with digest",
        "who",
        "form",
        "called erased",
        "swapped",
        "gap",
        "lost",
        "signature",
        "position",
    ],
)
def test_an_export_that_was_tampered_with_is_found_out(
    told: tuple[Path, str], tmp_path: Path, spoil: Callable[[Lines], Any], named: str
) -> None:
    status, said = verified(spoilt(told, tmp_path, spoil))
    assert status == 1
    assert any(named in line for line in said), said
    assert said[-1].endswith("WRONG")


def test_a_chain_made_anew_does_not_fit_the_signed_root(
    told: tuple[Path, str], tmp_path: Path
) -> None:
    def spoil(lines: Lines) -> None:
        signed = lines[0]["root"]["position"]
        _rewrite(lines, digest=True, chain=True)
        if signed < 2:  # the rewritten event came after the root, which proves nothing of it
            lines[0]["root"] |= {"position": 2}

    status, said = verified(spoilt(told, tmp_path, spoil))
    assert status == 1
    assert any("was rewritten since" in line for line in said), said


def test_positions_that_were_given_up_are_no_gap_of_an_export(
    told: tuple[Path, str], tmp_path: Path
) -> None:
    def lose(lines: Lines, *, told_so: bool = True) -> None:
        """As after `crm ledger resume`: places 3 to 7 were told and are lost."""
        lines[-1]["entry"]["position"] = 8
        _chain_anew([line["entry"] for line in lines if "entry" in line])
        gap = {"first": 3, "last": 7, "resumed_at": "2026-11-22 09:30:00+00"}
        lines[0] = {"resumed": gap if told_so else gap | {"last": 6}}

    assert verified(spoilt(told, tmp_path, lose))[0] == 0
    status, said = verified(spoilt(told, tmp_path, lambda lines: lose(lines, told_so=False)))
    assert (status, said[0]) == (1, "position 7: missing, 8 comes instead")


def test_entries_from_before_heads_were_covered_are_whole_beside_new_ones(
    told: tuple[Path, str], tmp_path: Path
) -> None:
    def age(lines: Lines) -> None:
        entries = [line["entry"] for line in lines if "entry" in line]
        for entry in entries[:2]:
            del entry["head"], entry["form"]
        _chain_anew(entries)
        del lines[0]  # its root covers what the chain was

    status, said = verified(spoilt(told, tmp_path, age))
    assert (status, said[-1][:9]) == (0, "3 entries")


def test_a_key_that_is_not_trusted_signs_nothing(told: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = told
    status, said = verified(folder / "leads.jsonl", "--key", "00" * 32)
    assert (status, "a key that is not trusted" in said[0]) == (1, True)
    unsigned = spoilt(told, tmp_path, lambda lines: lines.pop(0))
    assert verified(unsigned)[0] == 0
    status, said = verified(unsigned, "--key", "00" * 32)
    assert (status, said[0]) == (1, "no root is there that a trusted key could have signed")


def test_an_erased_event_leaves_the_export_whole(told: tuple[Path, str], tmp_path: Path) -> None:
    def erase(lines: Lines) -> None:
        lines[-1]["entry"] |= {"salt": "", "data": "{}"}

    status, said = verified(spoilt(told, tmp_path, erase))
    assert status == 0
    assert said[0].startswith("3 entries (1 erased)")
