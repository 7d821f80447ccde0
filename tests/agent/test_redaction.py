"""Secrets in a prompt are replaced by their kind before they leave the machine."""

from __future__ import annotations

import pytest

from agent.redaction import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jo.doe+x@mail.example.co.uk now", "mail [e-mail address] now"),
        ("card 4111 1111 1111 1111, please", "card [card number], please"),
        ("card 4111111111111111", "card [card number]"),
        ("key sk-proj-abcdefghijklmnop1234", "key [API key]"),
        ("AKIAIOSFODNN7EXAMPLE is mine", "[API key] is mine"),
        ("ghp_abcdefghijklmnopqrstuvwxyz012345", "[API key]"),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: [token]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0xx.c2lnbmF0dXJl", "[token]"),
        ("password: hunter2 and go", "[password] and go"),
        ("api_key=abcd1234", "[password]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "[private key]"),
    ],
)
def test_a_secret_is_replaced_by_its_kind(text: str, expected: str) -> None:
    redacted = redact(text)

    assert redacted.text == expected
    assert redacted.kinds == (expected[expected.index("[") + 1 : expected.index("]")],)


@pytest.mark.parametrize(
    "text",
    [
        "users who completed 3 workouts in the last 14 days",
        "order 4111 1111 1111 1112 is no card",
        "between 2026-01-01 and 2026-03-31, at most 20,000 users",
        "u0000001 upgraded @ 9.99 per month",
        "task-force users with momentum_score >= 0.75",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text).text == text
