"""What the settings of a destination hold to tell its receipts from forged ones."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from deliver.receipts.signatures import public_key

SHORTEST = 16
"""Letters of a secret that a team chooses itself."""


def _is_key(given: str) -> str:
    public_key(given)
    return given


ReceiptSecret = Annotated[SecretStr, Field(min_length=SHORTEST)]
"""Shared with the provider, which signs with it or shows it."""
ReceiptKey = Annotated[str, AfterValidator(_is_key)]
"""The public half of the key that the provider signs with."""
