"""Signed webhooks: who sent it, when, and that nothing of it was changed."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliver.signing import key, secret_of, signed_headers, why_not_genuine

# The example that every library of the standard is tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
AT = datetime(1970, 1, 1) + timedelta(seconds=1_614_265_330)
OTHER = secret_of(bytes(range(32)))
THIRD = secret_of(bytes(range(64)))


def _headers(*secrets: str, at: datetime = AT) -> dict[str, str]:
    return signed_headers(ID, BODY, secrets or (SECRET,), at=at)


def _why(headers: dict[str, str], *secrets: str, body: bytes = BODY) -> str | None:
    return why_not_genuine(headers, body, secrets or (SECRET,), now=AT)


def test_a_signature_is_the_one_of_the_standard() -> None:
    assert _headers() == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_was_signed_is_genuine() -> None:
    assert _why(_headers()) is None


@pytest.mark.parametrize("given", [SECRET.removeprefix("whsec_"), SECRET + "=="])
def test_a_secret_is_the_same_without_its_prefix_and_with_padding(given: str) -> None:
    assert _why(_headers(), given) is None


def test_a_changed_body_is_not_genuine() -> None:
    assert _why(_headers(), body=BODY + b" ") is not None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "msg_other"),
        ("webhook-timestamp", "1614265331"),
        ("webhook-signature", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="),
        ("webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ("webhook-signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,ü☃\udcff"),
        ("webhook-signature", " "),
    ],
)
def test_a_changed_header_is_not_genuine(header: str, value: str) -> None:
    assert _why({**_headers(), header: value}) is not None


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(header: str) -> None:
    headers = _headers()
    del headers[header]
    assert header in str(_why(headers))


@pytest.mark.parametrize("skew", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(0)])
def test_clocks_may_differ_by_five_minutes(skew: timedelta) -> None:
    assert _why(_headers(at=AT + skew)) is None


@pytest.mark.parametrize(
    ("skew", "word"), [(timedelta(seconds=-301), "too old"), (timedelta(seconds=301), "too new")]
)
def test_a_request_of_another_time_is_refused(skew: timedelta, word: str) -> None:
    assert word in str(_why(_headers(at=AT + skew)))


@pytest.mark.parametrize(
    "moment", ["", "soon", "1e9", "-1", "1614265330.5", "١٦١٤٢٦٥٣٣٠", "9" * 5000, "nan"]
)
def test_an_odd_moment_is_refused(moment: str) -> None:
    assert _why({**_headers(), "webhook-timestamp": moment}) is not None


def test_a_signature_among_others_counts() -> None:
    headers = _headers()
    others = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1a,hnO3f9T8Ytu9 v9,x,y"
    headers["webhook-signature"] = f"{others} {headers['webhook-signature']} {others}"
    assert _why(headers) is None


def test_a_secret_is_changed_without_a_gap() -> None:
    before, between, after = _headers(SECRET), _headers(OTHER, SECRET), _headers(OTHER)
    assert [_why(one, SECRET) for one in (before, between)] == [None, None]
    assert [_why(one, OTHER) for one in (between, after)] == [None, None]
    assert [_why(one, OTHER, SECRET) for one in (before, between, after)] == [None] * 3


def test_an_old_secret_that_was_dropped_signs_nothing() -> None:
    assert _why(_headers(SECRET), OTHER, THIRD) is not None
    assert why_not_genuine(_headers(SECRET), BODY, (), now=AT) is not None


def test_parts_of_a_signed_request_cannot_change_places() -> None:
    headers = signed_headers("a", b'5.{"x":1}', [SECRET], at=AT)
    moved = {**headers, "webhook-id": f"a.{headers['webhook-timestamp']}", "webhook-timestamp": "5"}
    assert _why(moved, body=b'{"x":1}') is not None
    later = datetime(1970, 1, 1, 0, 0, 5)
    assert "full stop" in str(why_not_genuine(moved, b'{"x":1}', [SECRET], now=later))


@pytest.mark.parametrize("name", ["", "a.b", "a b", "é", "a\n"])
def test_what_could_be_misread_names_no_request(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a request"):
        signed_headers(name, BODY, [SECRET], at=AT)
    assert _why({**_headers(), "webhook-id": name}) is not None


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_???", "whsec_c2hvcnQ=", base64.b64encode(bytes(65)).decode()]
)
def test_what_is_no_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="signing secret") as error:
        key(secret)
    assert "c2hvcnQ" not in str(error.value)


@given(st.binary(max_size=200), st.binary(min_size=24, max_size=64), st.integers(0, 4_000_000_000))
def test_any_body_and_secret_make_the_round_trip(body: bytes, random: bytes, second: int) -> None:
    at = datetime(1970, 1, 1) + timedelta(seconds=second)
    headers = signed_headers("x", body, [secret_of(random)], at=at)
    assert why_not_genuine(headers, body, [secret_of(random)], now=at) is None
