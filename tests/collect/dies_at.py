"""What a process does until it is killed: sends requests, loads, and goes on where it was."""

from __future__ import annotations

from pathlib import Path

from tests.collect.world import World, track


def story(count: int) -> list[list[dict[str, object]]]:
    """Requests with duplicates, clashes and dead letters among them, the same every time."""
    return [
        [
            track(messageId=f"m{number}", properties={"n": number}),
            track(messageId=f"m{number // 2}", properties={"n": number // 2}),
            track("nope", messageId=f"x{number // 3}"),
            track(messageId=f"m{number // 5}", properties={"n": -1}),
        ]
        for number in range(count)
    ]


def go_on(folder: Path, count: int) -> None:
    """Send what was not acknowledged yet, then load in small slices."""
    world = World(folder)
    told = folder / "acknowledged"
    done = int(told.read_text() or 0) if told.exists() else 0
    for number, batch in enumerate(story(count)):
        if number < done:
            continue
        world.send(*batch)
        told.write_text(str(number + 1))
        if number % 7 == 0:
            world.load(slice_bytes=2_000)
    world.load(slice_bytes=2_000)
    world.close()
