"""Formats that the plan can ask of a text: the names that rudder-cli gives them, and what fits."""

from __future__ import annotations

from typing import Literal, NamedTuple

FormatName = Literal["date", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"]
"""A moment is no format of a text: it has the type ``timestamp``."""


class Format(NamedTuple):
    """A regular expression (RE2) for the whole text, and what a sentence calls it."""

    pattern: str
    said: str


_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_WORD = "[0-9A-Fa-f]{1,4}"
# Two colons stand for all the words that are missing, at one place.
_IPV6 = "|".join(
    [
        f"(?:{_WORD}:){{7}}{_WORD}",
        *(f"(?:{_WORD}:){{1,{left}}}(?::{_WORD}){{1,{7 - left}}}" for left in range(1, 7)),
        f"(?:{_WORD}:){{1,7}}:",
        f":(?:(?::{_WORD}){{1,7}}|:)",
    ]
)

FORMATS: dict[FormatName, Format] = {
    "date": Format(r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$", "a date (2026-06-29)"),
    "time": Format(
        r"^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?$",
        "a time of day (08:30:00)",
    ),
    "email": Format(r"^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*$", "an e-mail address"),
    "hostname": Format(rf"^{_LABEL}(?:\.{_LABEL})*$", "a host name"),
    "ipv4": Format(rf"^(?:{_BYTE}\.){{3}}{_BYTE}$", "an IPv4 address"),
    "ipv6": Format(f"^(?:{_IPV6})$", "an IPv6 address"),
    "uri": Format(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$", "a URI (https://example.org/a)"),
    "uuid": Format("^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$", "a UUID"),
}
