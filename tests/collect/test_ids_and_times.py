"""Which texts are times and which ids stand for nobody, held against the plain rules over many."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

import duckdb

from tests.collect.world import NOON, World, track

MANY = 2_000
SIGNS = ("Z", "z", "", "+02:00", "-0330", "+15:59", "+02", " UTC", " Z", " Europe/Berlin", "BCZ")
CLOCK = "SELECT EPOCH_US(TRY_CAST($text AS TIMESTAMPTZ))"
FIRST, LAST = datetime(1970, 1, 1), datetime(2200, 1, 1)


def a_time(chance: random.Random) -> str:
    """A text that is a time, nearly one, or none."""
    year = chance.choice(("2026", "2025", "1970", "2199", "2200", "0000", "9999", "1969", "26"))
    day = f"{chance.choice((1, 2, 6, 12, 13)):02d}-{chance.choice((1, 29, 31)):02d}"
    clock = chance.choice(("00:00:00", "23:59:59", "24:00:00", "12:30", "11:60:00", "1:2:3"))
    part = chance.choice(("", ".5", ".123", ".123456", ".123456789", ".", ",5"))
    iso = f"{year}-{day}{chance.choice(('T', ' ', 't', '_'))}{clock}{part}{chance.choice(SIGNS)}"
    number = str(chance.randrange(10 ** chance.choice((10, 11, 12, 13, 14))))
    return chance.choice((iso, iso, iso, number, "infinity", "epoch", "soon", f" {iso}", ""))


def happened(text: str, plain: duckdb.DuckDBPyConnection) -> datetime:
    """When an event was that was sent with a text for a time, received at noon."""
    if re.fullmatch(r"\d{11,13}", text):
        since = int(text) * 1_000
    else:
        (since,) = plain.execute(CLOCK, {"text": text}).fetchone() or (None,)
        if since is None or not 0 < since < (LAST - FIRST) // timedelta(microseconds=1):
            return NOON
    claimed = FIRST + timedelta(microseconds=since)
    return claimed if claimed <= NOON + timedelta(hours=23) else NOON


def test_a_text_is_the_time_that_the_plain_rule_reads(world: World) -> None:
    chance = random.Random(5)
    texts = {f"m{number}": a_time(chance) for number in range(MANY)}
    world.send(*(track(messageId=name, timestamp=text) for name, text in texts.items()))
    world.load()

    found = dict(world.rows("raw_events", "message_id", "event_time"))
    with world.warehouse.cursor() as plain:
        plain.execute("SET TimeZone = 'UTC'")
        told = {name: happened(text, plain) for name, text in texts.items()}
    wrong = {texts[name]: at for name, at in found.items() if at != told[name]}

    assert (len(found), wrong) == (MANY, {})
    assert len(set(found.values())) > 50


def an_id(chance: random.Random, junk: tuple[str, ...]) -> str:
    """A text that stands for nobody, nearly so, or for somebody."""
    word = chance.choice((*junk, "u1", "0", "00-00", "-", "0a", "1", "0" * 40, "0" * 40 + "1"))
    quotes = ("", "", '"', "'", '"' * 20)
    spelled = chance.choice((word, word.upper(), word.title()))
    return chance.choice(quotes) + spelled + chance.choice(quotes)


def stands_for_nobody(text: str, junk: tuple[str, ...]) -> bool:
    said = text.lower()
    return bool(re.fullmatch("[0-]*", text)) or (said.strip("\"'") if text < "1" else said) in junk


def test_an_id_stands_for_nobody_by_the_plain_rule(world: World) -> None:
    chance = random.Random(6)
    junk = world.plan.junk_ids
    ids = {f"m{number}": an_id(chance, tuple(junk)) for number in range(MANY)}
    world.send(*(track(messageId=name, user=one, anonymousId="d") for name, one in ids.items()))
    world.load()

    found = dict(world.rows("raw_events", "message_id", "user_id IS NULL"))

    assert found == {name: stands_for_nobody(one, tuple(junk)) for name, one in ids.items()}
    assert 100 < sum(found.values()) < MANY - 100
