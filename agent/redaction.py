"""What never leaves the machine in a prompt, and is never kept: keys, passwords, personal data."""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.folding import visible
from core.conditions import Frozen


class Redacted(Frozen):
    """A text without its secrets, and which kinds of secret it held."""

    text: str
    kinds: tuple[str, ...] = ()


def _always(_: str) -> bool:
    return True


def _digits(found: str) -> str:
    return re.sub(r"\D", "", found)


def _is_card(found: str) -> bool:
    digits = _digits(found)
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return 13 <= len(digits) <= 19 and sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _is_account(found: str) -> bool:
    """Whether the check digits of an IBAN are right."""
    code = re.sub(r"\W", "", found).upper()
    number = "".join(str(int(character, 36)) for character in code[4:] + code[:4])
    return 15 <= len(code) <= 34 and int(number) % 97 == 1


def _is_phone(found: str) -> bool:
    return 8 <= len(_digits(found)) <= 15


def _has_digits(found: str) -> bool:
    return len(_digits(found)) >= 3


def _is_random(found: str) -> bool:
    """Letters of both cases among digits, as nobody writes words or ids."""
    kinds = (re.search(one, found) for one in (r"[a-z]", r"[A-Z]", r"\d.*\d.*\d"))
    return all(kinds) and len(set(found)) > 15


def _is_secret(found: str) -> bool:
    """Whether what follows 'password is' is one, and not a word about it."""
    value = re.split(r"[:=]\s*|\b(?:is|was|ist|es|est|to)\s+", found, maxsplit=1)[-1].strip("'\"` ")
    return re.search(r"[:=]", found) is not None or re.search(r"\d|[^\w\s]", value) is not None


_KEYS = (
    r"\b(?:sk|pk|rk|whsec|ghp|gho|ghu|ghs|ghr|github_pat|glpat|gldt|glrt|xox[abeprs]|xapp|npm|pypi|hf"
    r"|shpat|shpss|shpca|sq0(?:atp|csp|idp)|dop_v1|doo_v1|lin_api|ntn|nvapi|gsk|r8|pplx|xai"
    r"|phc|phx|rzp_live|rzp_test|sntrys|dapi|tvly|figd|vercel)[-_][\w-]{16,}"
    r"|\b(?:sk|pk|rk)-[\w-]{12,}|\bdapi[0-9a-f]{32}\b|\bGOCSPX-[\w-]{20,}|\bya29\.[\w-]{20,}"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\b(?:AC|SK)[0-9a-f]{32}\b|\b[0-9a-f]{32}-us\d{1,2}\b|\bATATT[\w=-]{20,}"
    r"|\b\d{8,10}:AA[\w-]{30,}|\bhttps://hooks\.slack\.com/services/\S+|\bEAA[\w]{40,}"
    r"|\bAccountKey=[\w+/=]{20,}|\b[\w-]{24,28}\.[\w-]{6}\.[\w-]{27,}"
)
_WORDS = (
    r"(?:password|passwd|passwort|passphrase|pwd|contraseña|senha|mot de passe|wachtwoord"
    r"|secret(?:[ _-]?key)?|(?:api|access|auth|private|client)[ _-]?(?:key|token|secret)|apikey"
    r"|token|otp|pin(?: code)?)"
)
SECRETS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.DOTALL if kind != "API key" else 0), meant)
    for kind, pattern, meant in (
        (
            "private key",
            r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----.*?"
            r"(-----END [A-Z ]*PRIVATE KEY( BLOCK)?-----|\Z)",
            _always,
        ),
        (
            "token",
            r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b(?:bearer|basic)\s+[\w.~+/=-]{12,}",
            _always,
        ),
        ("API key", _KEYS, _always),
        ("API key", r"\b(?:pat|key|api|live|test|secret)[-_][\w-]{16,}", _has_digits),
        ("password", r"\b[a-z][a-z0-9+.-]{1,30}://[^\s/:@]{0,64}:[^\s@]{1,128}@\S+", _always),
        (
            "password",
            rf"\b{_WORDS}\b['\"]?\s*(?:(?::|=|:=|=>)\s*|(?:is|was|ist|es|est|to)\s+(?:now\s+)?)"
            r"(?:\"[^\"]{4,}\"|'[^']{4,}'|`[^`]{4,}`|[^\s,;]{4,})",
            _is_secret,
        ),
        (
            "e-mail address",
            r"(?<![\w.+%'-])[\w.+%'-]{1,64}(?:@|\s?[(\[]at[)\]]\s?)(?:[\w-]{1,63}\.)+[a-z]{2,24}\b",
            _always,
        ),
        (
            "account number",
            r"\b[a-z]{2}\d{2}(?:[ -]?[0-9a-z]{4}){2,7}(?:[ -]?[0-9a-z]{1,4})?\b",
            _is_account,
        ),
        ("card number", r"(?<![\w.])\d(?:[ .\u00a0-]?\d){12,18}(?!\w)", _is_card),
        ("social security number", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", _always),
        (
            "phone number",
            r"(?<![\w+.])\+\d(?:[ ().\u00a0/-]{0,2}\d){7,14}(?!\w)"
            r"|(?<![\w.,-])\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?![\w-])"
            r"|\b(?:phone|mobile|tel|telephone|cell|call|whatsapp|sms)\b\.?(?: number| me| us)?\s*"
            r"(?:is|at|on|:|=)?\s*\(?\d(?:[ ()/.-]{0,2}\d){7,13}(?!\w)",
            _is_phone,
        ),
        ("token", r"(?<![\w/+-])[\w+/-]{32,}={0,2}(?![\w/+-])", _is_random),
    )
)


def withheld(text: str) -> tuple[str, ...]:
    """Which kinds of secret were taken out of a text before."""
    return tuple(dict.fromkeys(kind for kind, _, _ in SECRETS if f"[{kind}]" in text))


def redact(text: str) -> Redacted:
    """The visible text with every secret replaced by its kind in brackets: ``[API key]``.

    Characters that show nothing go first: they could split a secret in two.
    """
    kinds: list[str] = []
    text = visible(text)
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
