"""What never leaves the machine in a prompt: keys, tokens, e-mail addresses, card numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.conditions import Frozen


class Redacted(Frozen):
    """A text without its secrets, and which kinds of secret it held."""

    text: str
    kinds: tuple[str, ...] = ()


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card(found: str) -> bool:
    digits = re.sub(r"\D", "", found)
    return 13 <= len(digits) <= 19 and _luhn(digits)


def _always(found: str) -> bool:
    return True


SECRETS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
        ),
        _always,
    ),
    (
        "token",
        re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bbearer\s+[\w.~+/=-]{12,}", re.IGNORECASE),
        _always,
    ),
    (
        "API key",
        re.compile(
            r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|npm|pypi|hf)[-_][\w-]{12,}"
            r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}"
        ),
        _always,
    ),
    (
        "password",
        re.compile(
            r"\b(?:password|passwd|pwd|secret|api[ _-]?key|(?:access[ _-]?)?token)\s*[:=]\s*\S{4,}",
            re.IGNORECASE,
        ),
        _always,
    ),
    ("e-mail address", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _always),
    ("card number", re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])"), _is_card),
)


def redact(text: str) -> Redacted:
    """The text with every secret replaced by its kind in brackets: ``[e-mail address]``."""
    kinds: list[str] = []
    for kind, pattern, meant in SECRETS:

        def replaced(
            match: re.Match[str], kind: str = kind, meant: Callable[[str], bool] = meant
        ) -> str:
            if not meant(match[0]):
                return match[0]
            kinds.append(kind)
            return f"[{kind}]"

        text = pattern.sub(replaced, text)
    return Redacted(text=text, kinds=tuple(dict.fromkeys(kinds)))
