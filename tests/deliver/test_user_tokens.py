"""A token lets one user in for a while, and says why it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from deliver.user_tokens import AUDIENCE, LONGEST, NotGood, made, user_of

NOW = datetime(2026, 3, 2, 12)
SECRET, OTHER = "s" * 32, "o" * 32
HOUR = timedelta(hours=1)


def _token(**claims: Any) -> str:
    seconds = int(NOW.replace(tzinfo=UTC).timestamp())
    usual = {"sub": "u1", "aud": AUDIENCE, "exp": seconds + 60}
    given = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode({"alg": "HS256"}, given, OctKey.import_key(SECRET))


def test_a_token_names_its_user() -> None:
    token = made("zoë 1", SECRET, now=NOW, lasts=HOUR)
    assert user_of(token, [SECRET], now=NOW) == "zoë 1"


def test_while_a_secret_is_changed_tokens_by_either_are_good() -> None:
    for secret in (SECRET, OTHER):
        token = made("u1", secret, now=NOW, lasts=HOUR)
        assert user_of(token, [OTHER, SECRET], now=NOW) == "u1"


def test_a_token_ends() -> None:
    token = made("u1", SECRET, now=NOW, lasts=HOUR)
    assert user_of(token, [SECRET], now=NOW + timedelta(minutes=60, seconds=30)) == "u1"
    with pytest.raises(NotGood, match="expired"):
        user_of(token, [SECRET], now=NOW + timedelta(minutes=62))


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "not a JSON Web Token"),
        ("a.b", "not a JSON Web Token"),
        ("a.b.c", "not a JSON Web Token"),
        (_token(aud="elsewhere"), "not for the inbox"),
        (_token(aud=None), "no aud"),
        (_token(sub=None), "no sub"),
        (_token(exp=None), "no exp"),
        (_token(exp="soon"), "not for the inbox"),
        (_token(sub=""), "no"),
        (_token(exp=int(NOW.replace(tzinfo=UTC).timestamp()) + 40 * 86_400), "longer than 30"),
        (made("u1", OTHER, now=NOW, lasts=HOUR), "none of the secrets"),
    ],
)
def test_anything_else_lets_nobody_in_and_says_why(token: str, why: str) -> None:
    with pytest.raises(NotGood, match=why):
        user_of(token, [SECRET], now=NOW)


def test_a_token_without_a_signature_lets_nobody_in() -> None:
    head, claims, _ = _token().split(".")
    for unsigned in (f"{head}.{claims}.", f"eyJhbGciOiJub25lIn0.{claims}."):
        with pytest.raises(NotGood):
            user_of(unsigned, [SECRET], now=NOW)


@pytest.mark.parametrize("lasts", [timedelta(0), -HOUR, LONGEST + HOUR])
def test_no_token_is_made_that_ends_before_it_begins_or_never(lasts: timedelta) -> None:
    with pytest.raises(NotGood, match="30 days"):
        made("u1", SECRET, now=NOW, lasts=lasts)
