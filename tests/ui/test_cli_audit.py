"""The audit log on the command line: found, shown, checked, exported, folded."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import ELIGIBILITY, CommandLine


@pytest.fixture
def acted(cli: CommandLine) -> CommandLine:
    """A workspace in which somebody asked, approved and stopped something."""
    cli.json("ask", ELIGIBILITY)
    cli.json("approvals", "approve", "CR-1", "--as", "pavel@demo", "--comment", "fine by me")
    cli.json("kill", "--channel", "push", "--reason", "broken links")
    return cli


def sealed_as_the_page_says(document: dict[str, Any]) -> str:
    """docs/audit.md in ten lines of Python, without anything of Pilothouse."""
    names = "after_hash at before_hash note prev_hash seq subject what who".split()
    fields = {name: document[name] for name in names}
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def committed_as_the_page_says(field: str, salt: str, text: str) -> str:
    content = json.dumps([field, salt, text], ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def test_an_export_is_checked_without_pilothouse(acted: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    head = acted.json("audit", "head")
    assert acted.json("audit", "export", str(out))["entries"] == head["seq"]

    previous = "0" * 64
    for line in out.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        assert document["prev_hash"] == previous
        previous = document["hash"]
        assert previous == sealed_as_the_page_says(document)
        texts = document.get("texts", {"salt": "", "subject": None, "note": None})
        for field in ("subject", "note"):
            if texts[field] is not None:
                given = (field, texts["salt"], texts[field])
                assert document[field] == committed_as_the_page_says(*given)
    assert head["hash"] == previous
    inside = acted("audit", "export", str(acted.workspace / "log.ndjson"))
    assert "does not belong into the workspace" in inside.err


def test_entries_are_found_and_shown(acted: CommandLine) -> None:
    (approved,) = acted.json("audit", "list", "--who", "pavel@demo", "--what", "approve")
    assert (approved["subject"], approved["note"]) == ("CR-1", "fine by me")
    assert acted.json("audit", "list", "--since", "2100-01-01") == []
    about = [one["what"] for one in acted.json("audit", "list", "--subject", "CR-1")]
    assert about == ["propose", "approve"]

    shown = acted.json("audit", "show", str(approved["seq"]))

    assert shown["note"] == "fine by me"
    assert shown["stored"]["note"].startswith("sha256:")
    assert "There is no entry 99" in acted("audit", "show", "99").err


def test_every_break_is_said_with_its_place(acted: CommandLine) -> None:
    (approved,) = acted.json("audit", "list", "--what", "approve")
    last = acted.json("audit", "head")["seq"]
    with sqlite3.connect(acted.workspace / "control.db") as database:
        for name in ("audit_stays", "audit_remains", "audit_texts_stay"):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit SET who = 'eve@demo' WHERE seq = 2")
        database.execute("UPDATE audit_texts SET note = 'no' WHERE seq = ?", (approved["seq"],))
        database.execute("DELETE FROM audit WHERE seq = ?", (last,))

    broken = acted.json("audit", "verify", status=1)

    assert [(one["kind"], one["seq"]) for one in broken["breaks"]] == [
        ("edited", 2),
        ("text", approved["seq"]),
        ("cut_off", last),
    ]
    assert (broken["intact"], broken["seq"]) == (False, 2)
    assert "The log does not hold at 3 places:" in acted("audit", "verify").out


def test_old_entries_are_folded_by_an_admin(acted: CommandLine) -> None:
    assert "Give --before" in acted("audit", "fold").err
    fold = ("audit", "fold", "--before", "2100-01-01")
    assert "only an admin may" in acted(*fold, "--as", "mara@demo").err

    last = acted.json("audit", "head")["seq"]
    folded = acted.json(*fold)["folded"]

    assert (folded["first"], folded["last"]) == (1, last)
    assert len(Path(folded["file"]).read_text().splitlines()) == last
    assert acted.json("audit", "verify") == {"intact": True, "entries": 1}
    assert acted.json("approvals", "list")[0]["state"] == "live"
