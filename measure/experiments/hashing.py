"""GrowthBook's hashes (``measure.methods.buckets``) in SQL: a chain of subqueries, a few characters
at a time.

FNV-1a takes byte after byte, and SQL that every engine knows has no loop. What a text lacks changes
nothing: a missing character is 0 and multiplies by 1. Units longer than ``LONGEST`` characters, or
with characters that are no ASCII, get NULL: they are not drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from measure.methods.buckets import BASIS, MASK, PRIME, fnv1a32

LONGEST = 64
AT_ONCE = 4
DIGITS = 10
"""Of the largest 32-bit number."""
CARRIED = ("user_id", "signup_at")


def with_number(everybody: exp.Query, salt: str, version: int) -> dict[str, exp.Query]:
    """Named subqueries of which the last, ``everybody``, has each user's ``number`` in [0, 1)."""
    text = exp.column("user_id")
    fits = exp.LTE(this=exp.Length(this=text), expression=exp.Literal.number(LONGEST))
    known = exp.Case().when(fits, _number(fnv1a32(salt) if version == 2 else BASIS))
    found: dict[str, exp.Query] = {"people": everybody}
    before = _add(found, "people", text, known)
    for start in range(1, LONGEST + 1, AT_ONCE):
        before = _add(found, before, exp.column("word"), _of_characters(start, AT_ONCE))
    if version == 2:
        before = _add(found, before, exp.cast(exp.column("h"), "text"), _known_again())
        for start in range(1, DIGITS + 1, AT_ONCE):
            before = _add(found, before, exp.column("word"), _of_characters(start, AT_ONCE))
    else:
        for value in _constants(salt):
            before = _add(found, before, exp.column("word"), value)
    parts = 10_000 if version == 2 else 1_000
    share = exp.Mod(this=exp.column("h"), expression=_number(parts))
    number = exp.Div(this=exp.cast(exp.paren(share), "double"), expression=_number(parts))
    columns = [*(exp.column(one) for one in CARRIED), exp.alias_(number, "number")]
    found["everybody"] = exp.select(*columns).from_(before)
    return found


def _add(found: dict[str, exp.Query], before: str, word: exp.Expr, value: exp.Expr) -> str:
    name = f"hash_{len(found)}"
    columns = [*(exp.column(one) for one in CARRIED), exp.alias_(word, "word")]
    found[name] = exp.select(*columns, exp.alias_(value, "h")).from_(before)
    return name


def _known_again() -> exp.Expr:
    """The basis, for whom there is a hash so far."""
    known = exp.Not(this=exp.Is(this=exp.column("h"), expression=exp.null()))
    return exp.Case().when(known, _number(BASIS))


def _of_characters(start: int, count: int) -> exp.Expr:
    found: exp.Expr = exp.column("h")
    for place in range(start, start + count):
        word = exp.column("word")
        one = exp.Substring(this=word, start=_number(place), length=_number(1))
        code = exp.Anonymous(this="ascii", expressions=[one])
        plain = exp.LT(this=code, expression=_number(128))
        byte = exp.Case().when(plain, code.copy())
        there = exp.GTE(this=exp.Length(this=word.copy()), expression=_number(place))
        factor = exp.Case().when(there, _number(PRIME)).else_(_number(1))
        found = _step(found, byte, factor)
    return found


def _constants(salt: str) -> Iterator[exp.Expr]:
    stored = salt.encode()
    for start in range(0, len(stored), AT_ONCE):
        found: exp.Expr = exp.column("h")
        for byte in stored[start : start + AT_ONCE]:
            found = _step(found, _number(byte), _number(PRIME))
        yield found


def _step(before: exp.Expr, byte: exp.Expr, factor: exp.Expr) -> exp.Expr:
    mixed = exp.BitwiseXor(this=before, expression=byte)
    grown = exp.Mul(this=exp.paren(mixed), expression=factor)
    return exp.paren(exp.BitwiseAnd(this=exp.paren(grown), expression=_number(MASK)))


def _number(value: int) -> exp.Expr:
    return exp.cast(exp.Literal.number(value), "bigint")
