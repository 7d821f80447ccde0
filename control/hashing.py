"""Content hashes: sha256 over canonical JSON (RFC 8785), so that a hash means the content."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from pydantic import BaseModel


def canonical(content: Any) -> bytes:
    """The one byte string that stands for a model or JSON value."""
    plain = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    return rfc8785.dumps(plain)


def content_hash(content: Any) -> str:
    """The sha256 of a model or JSON value, 64 hex digits."""
    return hashlib.sha256(canonical(content)).hexdigest()
