"""What the settings of every destination share: where it is reached, and how fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from deliver.wire import Rate

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise ValueError("must begin with https://, because credentials go along")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a host, and a path at most")
    return url.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_checked)]
"""The URL of a provider, without a slash at the end; https, except on this machine."""


def _for_a_header(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("has a blank at an end, a line break or a letter that no header can carry")
    return secret


Key = Annotated[SecretStr, AfterValidator(_for_a_header)]
"""A secret that goes along in a header as it is."""


def over(documented: Mapping[str, Rate]) -> Callable[[Mapping[str, Rate]], Mapping[str, Rate]]:
    """Rates that an account has, over those that the provider documents for everybody."""

    def merged(own: Mapping[str, Rate]) -> Mapping[str, Rate]:
        unknown = sorted(own.keys() - documented.keys())
        if unknown:
            raise ValueError(f"no limit is called {unknown[0]}: {', '.join(documented)} are")
        if any(one.burst < 1 or not 0 < one.per_second < float("inf") for one in own.values()):
            raise ValueError("a rate needs a burst of 1 or more, and more than 0 requests a second")
        return {**documented, **own}

    return merged
