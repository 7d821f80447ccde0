"""``pilothouse templates``: what messages say, before they say it to anybody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.ui.command_line import ELIGIBILITY, CommandLine
from warehouse.catalog import BUILT_IN

WIN_BACK = """
upgrade_offer:
  name: Upgrade offer
  channels: [push, email]
  subject: $country, ready?
  body: Your mail is $mail.
  variables:
    country: {column: country, fallback: You}
    mail: {column: email, personal: true}
"""


def own_catalog(cli: CommandLine, templates: str = WIN_BACK) -> Path:
    """A catalog of the workspace's own, with these templates."""
    folder = cli.workspace / "catalog"
    if not folder.exists():
        shutil.copytree(BUILT_IN / "workout_app", folder)
    (folder / "templates.yaml").write_text(templates)
    (cli.workspace / "pilothouse.toml").write_text(f'catalog = "{folder}"\n')
    return folder


def test_the_templates_of_the_catalog_are_listed(cli: CommandLine) -> None:
    found = cli.json("templates", "list")

    assert [one["key"] for one in found] == ["favourite_workout", "offer_with_an_end"]
    assert all(one["problems"] == [] and one["used_by"] == [] for one in found)


def test_a_preview_says_what_a_user_would_read(cli: CommandLine) -> None:
    rows = cli.rows("SELECT MIN(user_id) FROM traits WHERE preferred_workout_type = 'hiit'")

    found = cli.json("templates", "preview", "favourite_workout", "--user", rows[0][0])

    assert found["subject"] == "Ten minutes of HIIT today?"
    assert "<b>HIIT</b>" in found["html"]
    assert cli("templates", "preview", "favourite_workout").status == 0


def test_a_preview_withholds_personal_data(cli: CommandLine) -> None:
    own_catalog(cli)

    found = cli("templates", "preview", "upgrade_offer")

    assert "Your mail is [mail]." in found.out
    assert "@" not in found.out


def test_a_preview_without_a_value_says_which_one_and_fails(cli: CommandLine) -> None:
    done = cli("templates", "preview", "offer_with_an_end")

    assert done.status == 1
    assert "there is no value for $discount, $until" in done.out


def test_a_template_that_cannot_be_filled_says_why(cli: CommandLine) -> None:
    own_catalog(cli, WIN_BACK.replace("country, fallback: You", "planet"))

    (found,) = cli.json("templates", "list")

    assert found["problems"] == ["$country is the column planet, which does not exist."]


@pytest.mark.parametrize(
    ("templates", "words"),
    [
        (WIN_BACK.replace("ready?", "$ready?"), "names $ready, which is no variable"),
        (WIN_BACK.replace("push", "fax"), "fax"),
        (WIN_BACK.replace("upgrade_offer", "Upgrade Offer"), "pattern"),
        ("- a list", "does not list names"),
    ],
)
def test_a_malformed_template_is_refused_in_words(
    cli: CommandLine, templates: str, words: str
) -> None:
    own_catalog(cli, templates)

    done = cli("templates", "list")

    assert done.status == 1
    assert words in done.err
    assert "Traceback" not in done.err


def test_unknown_templates_and_users_are_refused_with_what_there_is(cli: CommandLine) -> None:
    unknown = cli("templates", "show", "favorite_workout")
    nobody = cli("templates", "preview", "favourite_workout", "--user", "nobody")

    assert (unknown.status, nobody.status) == (1, 1)
    assert "favourite_workout" in unknown.err
    assert "There is no user 'nobody'" in nobody.err


def test_a_template_is_shown_with_its_sources(cli: CommandLine) -> None:
    own_catalog(cli)

    text = cli("templates", "show", "upgrade_offer").out

    assert "$mail" in text
    assert "column email, string, required, personal" in text
    assert "column country, string, or 'You'" in text


# At approval and at sending.


def _upgrade_by_template(cli: CommandLine, key: str = "upgrade_offer") -> None:
    """The upgrade nudge takes its words from a template."""
    folder = own_catalog(cli)
    actions = yaml.safe_load((folder / "actions.yaml").read_text())
    del actions["upgrade_nudge"]["template"]
    actions["upgrade_nudge"]["template_key"] = key
    (folder / "actions.yaml").write_text(yaml.safe_dump(actions))


def _change(cli: CommandLine) -> str:
    """The id of a change request for a rule that sends the upgrade nudge."""
    return str(cli.json("ask", ELIGIBILITY)["change_request"]["id"])


def test_a_rule_whose_template_is_unknown_is_blocked(cli: CommandLine) -> None:
    _upgrade_by_template(cli, "never_written")

    answer = cli("ask", ELIGIBILITY, "--json").document

    assert (answer["status"], [one["span"] for one in answer["refusals"]]) == (
        "refused",
        ["template_is_known"],
    )
    assert answer["change_request"] is None


def test_an_approval_is_bound_to_the_words_of_the_template(cli: CommandLine) -> None:
    _upgrade_by_template(cli)
    change = _change(cli)
    own_catalog(cli, WIN_BACK.replace("ready?", "buy!"))

    done = cli("approvals", "approve", change, "--as", "pavel@demo")

    assert done.status == 1
    assert "something it relies on changed" in done.err


def test_an_edited_template_is_in_force_once_somebody_else_approved_it(cli: CommandLine) -> None:
    _upgrade_by_template(cli)
    assert cli("approvals", "approve", _change(cli), "--as", "pavel@demo").status == 0
    own_catalog(cli, WIN_BACK.replace("ready?", "buy!"))
    assert cli.json("templates", "show", "upgrade_offer")["subject"] == "$country, ready?"
    assert "-subject: $country, ready?" in cli("catalog", "diff").out
    assert "templates.yaml says something else than version 1 of the templates" in cli("status").out
    assert "templates.yaml is not what is in force (v1)" in cli("doctor").out

    proposed = cli.json("catalog", "propose", "templates", "--reason", "shorter")
    change = proposed["change_request"]["id"]
    assert cli("approvals", "approve", change, "--as", "pavel@demo").status == 0

    shown = cli.json("templates", "show", "upgrade_offer")
    assert shown["subject"] == "$country, buy!"
    assert [one["approved"] for one in shown["used_by"]] == [True]
    assert cli("catalog", "diff").status == 0
    assert [one["version"] for one in cli.json("catalog", "history", "templates")] == [2, 1]
    assert cli("catalog", "rollback", "templates", "1", "--as", "ada@demo").status == 0
    assert cli.json("catalog", "export", "templates")["upgrade_offer"]["subject"].endswith("ready?")


def test_an_approver_reads_what_a_message_says_and_which_template_it_is(cli: CommandLine) -> None:
    _upgrade_by_template(cli)

    text = cli("approvals", "show", _change(cli)).out

    assert "“$country, ready?” Your mail is $mail. (template upgrade_offer)" in text


def test_who_lacks_a_value_gets_nothing_and_the_others_get_their_words(cli: CommandLine) -> None:
    _upgrade_by_template(cli)
    own_catalog(cli, WIN_BACK.replace("column: country, fallback: You", "column: country"))
    assert cli("approvals", "approve", _change(cli), "--as", "pavel@demo").status == 0
    cli("cycle", "run")
    rows = cli.rows("SELECT user_id, country, email FROM dim_users")
    people = {user: (country, email) for user, country, email in rows}

    report = cli.json("deliver", "run")

    letters = [file.read_text() for file in (cli.workspace / "mailbox").rglob("*.eml")]
    said = [letter for letter in letters if ", ready?" in letter]
    assert report["by_reason"]["INPUT_UNKNOWN"] > 0
    assert len(said) == report["delivered"] > 0
    for letter in said:
        user = next(line for line in letter.splitlines() if line.startswith("X-Pilothouse-User"))
        country, email = people[user.partition(": ")[2]]
        assert f"Subject: {country}, ready?" in letter
        assert f"Your mail is {email}." in letter


def test_words_that_were_edited_after_the_approval_are_not_sent(cli: CommandLine) -> None:
    _upgrade_by_template(cli)
    assert cli("approvals", "approve", _change(cli), "--as", "pavel@demo").status == 0
    cli("cycle", "run")
    own_catalog(cli, WIN_BACK.replace("ready?", "buy!"))

    report = cli.json("deliver", "run")

    letters = [file.read_text() for file in (cli.workspace / "mailbox").rglob("*.eml")]
    assert len(letters) == report["delivered"] > 0
    assert not [letter for letter in letters if "buy!" in letter]
