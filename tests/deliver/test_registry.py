"""The destinations that a workspace has configured, and what is refused of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.errors import PilothouseError, Refusal
from core.settings import Settings
from deliver.destinations.braze import Braze
from deliver.destinations.mailbox import MAILBOX
from deliver.registry import checked, destinations_of, kinds, named


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


BRAZE = {"kind": "braze", "api_key": "env:BRAZE_KEY"}
SET = {"BRAZE_KEY": "very-secret"}


def test_a_secret_is_the_value_of_the_variable_that_it_names() -> None:
    braze = destinations_of(settings(crm=BRAZE).model_copy(update={"secrets": secrets()}))["crm"]

    assert isinstance(braze, Braze)
    assert braze.api_key.get_secret_value() == "very-secret"
    assert "very-secret" not in f"{braze!r} {braze.model_dump_json()}"


def test_a_secret_whose_variable_is_not_set_is_refused_by_the_variables_name() -> None:
    found = refusal(crm=BRAZE)

    assert found.span == "destinations.crm.api_key"
    assert "names the variable BRAZE_KEY, which is not set" in found.message


def test_a_secret_that_is_written_in_the_file_is_refused_and_not_repeated() -> None:
    found = refusal(crm={"kind": "braze", "api_key": "very-secret"})

    assert "is written in the file" in found.message
    assert "very-secret" not in found.model_dump_json()


def test_a_key_that_must_be_there_is_named_when_it_is_missing() -> None:
    assert (
        refusal(crm={"kind": "braze"}).message == "The key 'destinations.crm.api_key' is missing."
    )


def test_a_url_that_is_none_is_named_by_its_key() -> None:
    found = checked(
        settings(crm=BRAZE | {"url": "ftp://nowhere"}).model_copy(update={"secrets": secrets()})
    )

    assert found.refused["crm"].span == "destinations.crm.url"


def test_every_kind_is_listed_under_its_own_name() -> None:
    assert [*kinds()] == [
        "mailbox",
        "inbox",
        "braze",
        "customerio",
        "iterable",
        "klaviyo",
        "offline_list",
        "onesignal",
        "sendgrid",
        "twilio",
        "webhook",
    ]


def secrets() -> dict[str, SecretStr]:
    return {name: SecretStr(value) for name, value in SET.items()}


def test_a_url_into_the_own_network_is_refused_in_a_plain_sentence() -> None:
    table = {"kind": "webhook", "url": "https://127.1/", "secrets": ["env:HOOK"]}
    given = settings(hook=table).model_copy(
        update={"secrets": {"HOOK": SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}}
    )

    told = checked(given).refused["hook"]

    assert told.message == (
        "The setting 'destinations.hook' is not valid: its url leads to 127.1, an IP address in "
        "disguise: write the name of the host; inside your own network set allow_private."
    )


def test_two_lists_in_one_folder_are_refused() -> None:
    found = refusal(letters={"kind": "offline_list"}, calls={"kind": "offline_list"})

    assert found.span == "destinations.calls.folder"
    assert found.message == "'calls' and 'letters' write into the same folder 'letters'."
    apart = settings(
        letters={"kind": "offline_list"}, calls={"kind": "offline_list", "folder": "calls"}
    )
    assert [*destinations_of(apart)] == [MAILBOX, "letters", "calls"]
