"""``export rulebook``, ``import rulebook`` and ``check``: the rulebook in anybody's git."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.command_line import CommandLine

pytestmark = pytest.mark.slow


@pytest.fixture
def rule(live: CommandLine, tmp_path: Path) -> Path:
    """The file of the rule, in a folder with the rulebook."""
    live.json("export", "rulebook", str(tmp_path / "rulebook"))
    return tmp_path / "rulebook" / "rules" / "upgrade_nudge.yaml"


def _edited(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def _versions(cli: CommandLine) -> dict[str, int]:
    return {one["key"]: one["version"] for one in cli.json("rules", "list")}


def test_what_was_exported_says_what_is_in_force(live: CommandLine, rule: Path) -> None:
    found = live.json("import", "rulebook", str(rule.parent.parent))

    assert [(one["change"], one["change_request"]) for one in found] == [("unchanged", None)] * 2
    assert live.json("check", str(rule.parent.parent))[0]["passes"]


def test_a_file_means_the_same_people_as_the_rule_that_it_was_written_from(
    live: CommandLine, rule: Path
) -> None:
    told = [live.json("rules", "audience", named) for named in (str(rule), "upgrade_nudge")]

    assert told[0]["audience_size"] == told[1]["audience_size"] > 0


def test_an_edited_file_opens_a_change_request_and_nothing_goes_live_without_an_approver(
    live: CommandLine, rule: Path
) -> None:
    _edited(rule, "n: 3", "n: 5")

    folder = str(rule.parent.parent)
    found = live.json("import", "rulebook", folder, "--reason", "Three are too few")
    (opened,) = [one["change_request"] for one in found if one["change_request"]]

    assert opened["state"] == "in_review"
    assert _versions(live)["upgrade_nudge"] == 1
    assert live("approvals", "approve", opened["id"], "--as", "mara@demo").status == 1
    assert live.json("approvals", "approve", opened["id"])["state"] == "live"
    assert _versions(live)["upgrade_nudge"] == 2
    again = live.json("export", "rulebook", folder)
    assert len(again["files"]) == 2
    assert "based_on: 2@" in rule.read_text()


def test_a_file_from_an_older_version_does_not_take_back_what_came_since(
    live: CommandLine, rule: Path
) -> None:
    old = rule.read_text()
    _edited(rule, "n: 3", "n: 5")
    (opened, *_) = [one["change_request"] for one in live.json("import", "rulebook", str(rule))]
    live.json("approvals", "approve", opened["id"])
    rule.write_text(old.replace("n: 3", "n: 4"))

    (refused,) = live.json("import", "rulebook", str(rule), status=1)

    assert refused["refusals"][0]["code"] == "STALE_CHANGE_REQUEST"
    assert refused["change_request"] is None


def test_while_one_file_fails_none_is_proposed(live: CommandLine, rule: Path) -> None:
    _edited(rule, "n: 3", "n: 5")
    (rule.parent / "new.yaml").write_text(
        "kind: eligibility_rule\nkey: novel\nname: Novel\n"
        "condition: {kind: trait, name: no_such_trait, op: =, value: 1}\n"
    )
    before = live.contents()

    found = live.json("import", "rulebook", str(rule.parent), status=1)

    assert live.contents() == before
    told = {Path(one["file"]).name: [why["code"] for why in one["refusals"]] for one in found}
    assert told == {"new.yaml": ["UNKNOWN_TRAIT"], "upgrade_nudge.yaml": []}


def test_a_check_ends_with_1_for_what_the_guardrails_block_and_writes_nothing(
    cli: CommandLine, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.yaml"
    wide.write_text(
        "kind: eligibility_rule\nkey: everybody\nname: Everybody\n"
        "condition: {kind: event_count, event: app_opened, op: '>=', n: 1}\n"
        "action:\n  key: hello\n  name: Hello\n  channels: [email]\n"
    )
    before = cli.contents()

    (found,) = cli.json("check", str(wide), status=1)

    assert cli.contents() == before
    assert (found["change"], found["passes"], found["refusals"]) == ("new", False, [])
    assert "block" in {one["severity"] for one in found["findings"]}
    assert "FAILS" in cli("check", str(wide)).out


def test_a_strict_check_fails_on_a_warning(cli: CommandLine, tmp_path: Path) -> None:
    nobody = tmp_path / "nobody.yaml"
    nobody.write_text(
        "kind: eligibility_rule\nkey: nobody\nname: Nobody\n"
        "condition: {kind: event_count, event: workout_completed, op: '>=', n: 100000}\n"
    )

    (found,) = cli.json("check", str(nobody))

    assert [one["policy"] for one in found["findings"]] == ["someone_is_reached"]
    assert cli("check", str(nobody), "--strict").status == 1


def test_files_may_name_each_other_in_a_check_and_one_after_the_other_in_an_import(
    cli: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(
        "kind: eligibility_rule\nkey: trained\nname: Trained\n"
        "condition: {kind: event_count, event: workout_completed, op: '>=', n: 3}\n"
    )
    (tmp_path / "on_it.yaml").write_text(
        "kind: eligibility_rule\nkey: trained_and_looked\nname: Trained and looked\n"
        "condition:\n  kind: and\n  of:\n  - {kind: in_audience, key: trained}\n"
        "  - {kind: event_count, event: pricing_viewed}\n"
    )
    files = [str(tmp_path / name) for name in ("base.yaml", "on_it.yaml")]

    whole, part = cli.json("check", *files)

    assert whole["effect"]["audience_size"] >= part["effect"]["audience_size"] > 0
    assert cli.json("import", "rulebook", *files, status=1)[1]["refusals"]
    (opened,) = cli.json("import", "rulebook", files[0])
    cli.json("approvals", "approve", opened["change_request"]["id"])
    assert cli.json("import", "rulebook", files[1])[0]["change_request"]["state"] == "in_review"


@pytest.mark.parametrize("words", [("check", "nowhere.yaml"), ("import", "rulebook", "nowhere")])
def test_a_path_that_is_not_there_is_named(cli: CommandLine, words: tuple[str, ...]) -> None:
    done = cli(*words)

    assert done.status == 1
    assert "nowhere" in done.out + done.err


def test_import_of_a_table_needs_no_further_word(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "signals.csv"
    file.write_text("day,name,country,value\n2026-06-01,rain,DE,1.5\n")

    (short,) = cli.json("import", "external_signals", str(file), "--dry-run")
    (long,) = cli.json("import", "table", "--dry-run", "external_signals", str(file))

    assert short["counts"] == long["counts"]
