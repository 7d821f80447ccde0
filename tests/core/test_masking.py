"""Personal data as it is shown: masked everywhere, whatever stands around it."""

from __future__ import annotations

import json

import pytest

from core.masking import HIDDEN, Sight, masked, masked_event, masked_text, seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bob.r+1@mail.example.com", "b•••@m•••"),
        ("To <bob@example.com>, again", "To <b•••@e•••>, again"),
        ("email:bob@example.com since 2026", "email:b•••@e••• since 2026"),
        ("böb@exämple.org", "b•••@e•••"),
        ("a@b.co,c@d.co", "a•••@b•••,c•••@d•••"),
        ("mailto:bob%40x@example.com", "mailto:b•••@e•••"),
        ("upgrade@2 of 10:00", "upgrade@2 of 10:00"),
        ("mara@demo", "mara@demo"),
    ],
)
def test_an_address_is_masked_and_what_is_none_stays(text: str, shown: str) -> None:
    assert masked_text(text) == shown


def test_colleagues_are_named_in_full() -> None:
    said = masked_text(
        "pavel@team.example wrote to bob@team.example", frozenset({"pavel@team.example"})
    )

    assert said == "pavel@team.example wrote to b•••@t•••"


def test_a_document_is_masked_to_its_last_key_and_stays_one() -> None:
    document = {"bob@example.com": [{"a": ("x@y.org", 1, None)}, True], "n": 2.5}

    assert json.loads(json.dumps(masked(document))) == {
        "b•••@e•••": [{"a": ["x•••@y•••", 1, None]}, True],
        "n": 2.5,
    }


def test_values_of_an_event_nobody_checked_are_hidden_but_for_what_is_known_to_be_public() -> None:
    event = {
        "type": "track",
        "event": "paid",
        "userId": "u1",
        "properties": {"plan": "pro", "phone": "+49 151", "card": 4111, "nested": {"iban": "DE1"}},
        "context": {"traits": {"name": "Bob"}},
        "broken": ["text", None],
    }

    assert masked_event(event, frozenset({"plan"})) == {
        "type": "track",
        "event": "paid",
        "userId": "u1",
        "properties": {
            "plan": "pro",
            "phone": HIDDEN,
            "card": HIDDEN,
            "nested": {"iban": HIDDEN},
        },
        "context": {"traits": {"name": HIDDEN}},
        "broken": [HIDDEN, None],
    }
    assert masked_event("not even json", frozenset()) == HIDDEN


@pytest.mark.parametrize("data_class", ["personal", "sensitive", "protected"])
def test_a_value_of_a_delicate_column_is_seen_only_by_whoever_sees_in_the_clear(
    data_class: str,
) -> None:
    assert seen("+49 151", data_class, Sight()) == HIDDEN
    assert seen("bob@example.com", data_class, Sight()) == "b•••@e•••"
    assert seen("+49 151", data_class, Sight(clear=True)) == "+49 151"
    assert seen(None, data_class, Sight()) is None
    assert seen("DE", "public", Sight()) == "DE"
