"""Secrets in a prompt are replaced by their kind before they leave the machine."""

from __future__ import annotations

import time

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


# Of the shapes that vendors give out; the ~ keeps scanners from taking one for a leak.
SPOKEN = (
    ("sk-pr~oj-abcdefghijklmnop1234", "API key"),
    ("sk-an~t-api03-abcDEF123456789012345", "API key"),
    ("sk_li~ve_51H8abcdefghijklmno", "API key"),
    ("rk_li~ve_51H8abcdefghijklmno", "API key"),
    ("ghp_a~bcdefghijklmnopqrstuvwxyz012345", "API key"),
    ("githu~b_pat_11ABCDEFG0abcdefghijkl_mnop", "API key"),
    ("glpat~-abcdefghij1234567890", "API key"),
    ("xoxb-~123456789012-abcdefghijkl", "API key"),
    ("AKIAI~OSFODNN7EXAMPLE", "API key"),
    ("AIzaS~yA1234567890abcdefghijklmnopqrstuv", "API key"),
    ("SG.ab~cdefghijklmnopqrst.uvwxyz0123456789abcdef", "API key"),
    ("AC012~3456789abcdef0123456789abcdef", "API key"),
    ("01234~56789abcdef0123456789abcdef-us12", "API key"),
    ("shpat~_0123456789abcdef0123456789abcdef", "API key"),
    ("hf_ab~cdefghijklmnopqrstuvwx", "API key"),
    ("npm_a~bcdefghijklmnopqrstuvwxyz0123456789", "API key"),
    ("dapi0~123456789abcdef0123456789abcdef", "API key"),
    ("GOCSP~X-abcdefghijklmnopqrstuv", "API key"),
    ("12345~6789:AAabcdefghijklmnopqrstuvwxyz012345678", "API key"),
    ("https~://hooks.slack.com/services/T000/B000/XXXX", "API key"),
    ("my password is hunter2!", "password"),
    ("password: hunter22", "password"),
    ("Passwort: geheim123", "password"),
    ("contraseña=secreto1", "password"),
    ('pwd = "correct horse battery"', "password"),
    ("postgres://admin:s3cret@db.internal:5432/prod", "password"),
    ("Autho~rization: Bearer abcdef0123456789abcdef", "token"),
    ("Autho~rization: Basic dXNlcjpwYXNzd29yZA==", "token"),
    ("eyJhb~GciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0xx.c2lnbmF0dXJl", "token"),
    ("wJalr~XUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY12", "token"),
    ("jo.doe+x@mail.example.co.uk", "e-mail address"),
    ("jo (at) example.com", "e-mail address"),
    ("4111 1111 1111 1111", "card number"),
    ("4111-1111-1111-1111", "card number"),
    ("5500005555555559", "card number"),
    ("378282246310005", "card number"),
    ("DE89 3704 0044 0532 0130 00", "account number"),
    ("GB82WEST12345698765432", "account number"),
    ("123-45-6789", "social security number"),
    ("+49 151 23456789", "phone number"),
    ("+1 (415) 555-0132", "phone number"),
    ("(415) 555-0132", "phone number"),
    ("415-555-0132", "phone number"),
    ("phone 0151 23456789", "phone number"),
    ("call me at 030 1234567 8", "phone number"),
    ("sk-pr~\u200boj-abcdefghijklmnop1234", "API key"),
    ("api_key=abcd1234", "password"),
    ("api key is abcd1234efgh", "password"),
    ('client_secret: "abcd-efgh"', "password"),
    ("secre~t_ABCdef1234567890abcdef", "API key"),
    ("otp: 123456", "password"),
)


@pytest.mark.parametrize(("secret", "kind"), SPOKEN)
def test_a_secret_in_a_sentence_is_gone(secret: str, kind: str) -> None:
    redacted = redact(f"please use {secret.replace('~', '')} for it")

    assert redacted.kinds == (kind,)
    assert f"[{kind}]" in redacted.text
    assert len(redacted.text) < len("please use  for it ") + 45


ORDINARY = (
    "users who completed 3 workouts in the last 14 days",
    "order 4111 1111 1111 1112 is no card",
    "between 2026-01-01 and 2026-03-31, at most 20,000 users",
    "from 2026-04-01 10:00 to 2026-04-02 11:30",
    "u0000001 upgraded @ 9.99 per month",
    "task-force users with momentum_score >= 0.75",
    "Users who reset their password in the last 7 days",
    "users whose password was reset yesterday",
    "users who changed the token to something",
    "users with more than 1000000000 points",
    "exclude ids 1000001 1000002 1000003",
    "Users with a secret wishlist: at least 3 items",
    "users who opened the app 100-200-3000 times",
    "user 01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "user 550e8400-e29b-41d4-a716-446655440000",
    "utm_campaign spring_sale_2026_newsletter_existing_customers",
    "decision 3f9c8b7a6d5e4f3c2b1a09f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c3b2a1f0e9d8",
    "live_subscription_started_in_app_event in the last week",
    "test_group_assignment_changed_event",
    "users whose pin is active",
    "rule key_feature_activation_completed",
    "call users who churned 12 times in 30 days",
    "sms users 3 times",
)


def test_nothing_else_is_taken_for_a_secret() -> None:
    assert {text: redact(text).text for text in ORDINARY if redact(text).kinds} == {}


def test_a_long_text_is_read_in_no_time() -> None:
    for part in ("a", "1 ", "a@", "password is ", "+1", "-", "a.b-c", "x://a:"):
        started = time.process_time()
        redact((part * 4_000)[:4_000])
        assert time.process_time() - started < 0.2
