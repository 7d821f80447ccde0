"""``pilothouse destinations``: what is configured, what is wrong with it, and where channels go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.command_line import give

pytestmark = pytest.mark.usefixtures("plain_environment")


def configured(folder: Path, text: str) -> str:
    """A workspace with these lines in its settings file."""
    (folder / "pilothouse.toml").write_text(text)
    return str(folder)


def test_without_any_table_there_is_the_local_mailbox(tmp_path: Path) -> None:
    done = give("destinations", "list", "--json", "--workspace", str(tmp_path))

    assert [one["name"] for one in done.document] == ["mailbox"]


def test_what_is_wrong_with_a_destination_is_said_with_its_key(tmp_path: Path) -> None:
    folder = configured(tmp_path, '[destinations.crm]\nkind = "brase"\n')

    done = give("destinations", "check", "--workspace", folder)

    assert done.status == 1
    assert "of the unknown kind 'brase'" in done.out
    assert give("destinations", "list", "--workspace", folder).status == 0


def test_the_doctor_says_which_destinations_are_set_up(tmp_path: Path) -> None:
    folder = configured(tmp_path, '[destinations.crm]\nkind = "brase"\n')

    checks = give("doctor", "--json", "--workspace", folder).document["checks"]

    found = [one for one in checks if one["name"] == "destinations"]
    assert [one["fine"] for one in found] == [True, False]
    assert "brase" in found[1]["detail"]
