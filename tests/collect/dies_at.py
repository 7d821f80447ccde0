"""What a process does until it is killed: sends requests, loads, and goes on where it was.

The events are always the same ones. How often each is sent, in which order, how
they are cut into requests and segments, and how much is loaded at once is drawn
from a seed.
"""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from collect.rawlog import RawLog
from tests.collect.world import NOON, World, track

Event = dict[str, Any]

CLASHING = "clash"
"""Ids that begin so stand for two events with different bodies."""


def events() -> list[Any]:
    """Events of every end: stored, renamed, read as another type, refused by spec or plan."""
    return [
        *(
            track(messageId=f"m{number}", timestamp=_at(number), properties={"n": number})
            for number in range(20)
        ),
        *(
            track("plan_selected", messageId=f"p{n}", timestamp=_at(n), properties=_plan(n))
            for n in range(5)
        ),
        *(
            track(
                "workout_completed",
                messageId=f"w{number}",
                timestamp=_at(number),
                properties={"duration_seconds": str(number) if number % 2 else "long"},
            )
            for number in range(6)
        ),
        *(_identify(number) for number in range(4)),
        *(track("nope", messageId=f"x{number}", timestamp=_at(number)) for number in range(4)),
        *(track(user="null", messageId=f"j{number}", anonymousId=device(number), timestamp=_at(3))
          for number in range(4)),
        *(track(messageId=f"{CLASHING}{number // 2}", timestamp=_at(1), properties={"n": number})
          for number in range(8)),
        {"type": "teleport", "userId": "u1"},
        track(properties=[1]),
        7,
    ]  # fmt: skip


def device(number: int) -> str | None:
    """Every other event of nobody has a device."""
    return f"d{number}" if number % 2 else None


def story(seed: int) -> list[list[Any]]:
    """Requests with every event once to three times, in any order, cut anywhere."""
    chance = random.Random(seed)
    sent = [event for event in events() for _ in range(chance.choice((1, 1, 2, 3)))]
    chance.shuffle(sent)
    requests = []
    while sent:
        size = chance.choice((1, 2, 5, 20))
        requests.append(sent[:size])
        sent = sent[size:]
    return requests


def go_on(folder: Path, seed: int) -> None:
    """Send what was not acknowledged yet, loading now and then, and load the rest."""
    chance = random.Random(seed)
    slice_bytes = chance.choice((1, 2_000, 10_000))
    world = World(folder)
    world.log.close()
    world.log = RawLog(folder / "log", segment_bytes=chance.choice((1_000, 5_000, 10**6)))
    told = folder / "acknowledged"
    done = int(told.read_text() or 0) if told.exists() else 0
    for number, batch in enumerate(story(seed)):
        if number >= done:
            world.send(*batch, received_at=NOON + timedelta(milliseconds=number))
            told.write_text(str(number + 1))
            if chance.random() < 0.2:
                world.load(slice_bytes)
    world.load(slice_bytes)
    world.close()


def _at(number: int) -> str:
    return (NOON - timedelta(minutes=number + 1)).isoformat() + "Z"


def _plan(number: int) -> Event:
    return {"selected_plan": "annual", "n": number}


def _identify(number: int) -> Event:
    return {
        "type": "identify",
        "messageId": f"i{number}",
        "userId": f"u{number}",
        "anonymousId": f"d{number}",
        "timestamp": _at(number),
        "traits": {"email": f"u{number}@example.com"},
        "context": {"os": {"name": "iOS"}, "app": {"version": "5.4"}},
        "integrations": {"All": True},
    }
