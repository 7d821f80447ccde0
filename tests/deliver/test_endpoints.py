"""Where a provider is reached, and how fast: what its settings may say."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from deliver.destinations.braze import RATES, Braze
from deliver.endpoints import Endpoint
from deliver.wire import Rate

URL: TypeAdapter[str] = TypeAdapter(Endpoint)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://rest.example.com", "https://rest.example.com"),
        ("https://rest.example.com/", "https://rest.example.com"),
        ("https://proxy.example.com:8443/braze/", "https://proxy.example.com:8443/braze"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_a_provider_is_reached_over_tls_except_on_this_machine(given: str, meant: str) -> None:
    assert URL.validate_python(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "http://rest.example.com",
        "ftp://rest.example.com",
        "rest.example.com",
        "",
        "https://",
        "https://user:password@rest.example.com",
        "https://rest.example.com?key=1",
        "http://127.0.0.1.example.com",
        "https://[rest",
    ],
)
def test_what_is_no_url_of_a_provider_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(given)


def test_a_rate_of_the_account_stands_over_the_documented_one() -> None:
    given = {"track": {"burst": 10, "per_second": 2.5}}

    rates = Braze.model_validate({"api_key": "k", "rates": given}).rates

    assert rates == {**RATES, "track": Rate(10, 2.5)}


@pytest.mark.parametrize(
    "rates",
    [
        {"tracks": {"burst": 1, "per_second": 1}},
        {"track": {"burst": 0, "per_second": 1}},
        {"track": {"burst": 1, "per_second": 0}},
        {"track": {"burst": 1, "per_second": float("inf")}},
        {"track": {"burst": 1, "per_second": float("nan")}},
    ],
)
def test_a_rate_that_is_none_is_refused(rates: object) -> None:
    with pytest.raises(ValidationError):
        Braze.model_validate({"api_key": "k", "rates": rates})


@pytest.mark.parametrize("key", ["k\n", " k", "k\tk", "clé", "k\x00", "k\r\nx-admin: 1"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="no header can carry") as refusal:
        Braze.model_validate({"api_key": SecretStr(key)})
    assert key not in str(refusal.value)
