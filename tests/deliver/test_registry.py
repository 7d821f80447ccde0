"""The destinations that a workspace has configured, and what is refused of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import PilothouseError, Refusal
from core.settings import Settings
from deliver.registry import MAILBOX, checked, destinations_of, named


def settings(**destinations: Any) -> Settings:
    return Settings.model_validate(
        {
            "workspace": Path("workspace"),
            "warehouse_url": "duckdb:///w.duckdb",
            "control_url": "sqlite:///c.db",
            "destinations": destinations,
        }
    )


def refusal(**destinations: Any) -> Refusal:
    with pytest.raises(PilothouseError) as refused:
        destinations_of(settings(**destinations))
    assert refused.value.refusal.code == "SETTINGS_INVALID"
    return refused.value.refusal


def test_the_local_mailbox_is_there_without_being_configured() -> None:
    assert [*destinations_of(settings())] == [MAILBOX]


def test_a_table_of_the_file_is_a_destination() -> None:
    assert [*destinations_of(settings(second={"kind": "mailbox"}))] == [MAILBOX, "second"]


def test_a_kind_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    found = refusal(crm={"kind": "mailbx"})

    assert found.span == "destinations.crm.kind"
    assert found.message == "The destination 'crm' is of the unknown kind 'mailbx'."
    assert found.fix == "Did you mean mailbox?"


def test_a_destination_without_a_kind_is_refused_with_the_kinds_that_there_are() -> None:
    found = refusal(crm={})

    assert "has no kind" in found.message
    assert found.fix is not None
    assert "mailbox" in found.fix


def test_an_unknown_key_of_a_destination_is_refused_by_its_name() -> None:
    found = refusal(crm={"kind": "mailbox", "colour": "red"})

    assert found.span == "destinations.crm.colour"
    assert "destinations.crm.colour" in found.message


def test_the_name_of_the_local_mailbox_is_taken() -> None:
    assert "mailbox of this machine" in refusal(mailbox={"kind": "mailbox"}).message


def test_one_wrong_destination_leaves_the_others_usable() -> None:
    found = checked(settings(good={"kind": "mailbox"}, bad={"kind": "?"}))

    assert [*found.usable] == [MAILBOX, "good"]
    assert [*found.refused] == ["bad"]


def test_a_destination_that_is_not_configured_is_refused_with_the_nearest_name() -> None:
    there = destinations_of(settings(braze_eu={"kind": "mailbox"}))

    assert named(there, "braze_eu") is there["braze_eu"]
    with pytest.raises(PilothouseError, match="There is no destination 'braze_e'") as refused:
        named(there, "braze_e")
    assert refused.value.refusal.fix == "Did you mean braze_eu?"
