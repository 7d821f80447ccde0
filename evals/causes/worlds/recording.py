"""What is recorded of what people do: which events are sent, for whom, when they say they happened
and when they arrived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.causes.worlds import app
from evals.causes.worlds.app import DAY, HOUR, IOS
from evals.causes.worlds.behaviour import Doings, concerned
from evals.causes.worlds.crowd import FIRST_SPARE, Codes, Crowd, Flags, Moments
from evals.causes.worlds.planted import Scenario

NOBODY = -1
"""The code of a user whom the event does not name."""
PROMPT_SECONDS = 50.0
"""Mean delay of an event that is sent at once."""
SPLIT_FROM = 2
"""Users split in two are known by their own id from this step on."""
LATE_LOSS = 0.92
"""Share of the events of an outage that wait until after it."""


@dataclass(frozen=True)
class Recorded:
    """Row × step: the funnel's events."""

    sent: Flags
    """Whether there is an event at all, or will be."""
    user: Codes
    event_time: Moments
    received_at: Moments

    def known(self, as_of: float) -> Flags:
        """Which of the events have arrived."""
        arrived: Flags = self.sent & (self.received_at < as_of)
        return arrived


def recorded(scenario: Scenario, crowd: Crowd, done: Doings) -> Recorded:
    """The events of a crowd's doings."""
    sent, event_time = done.reached.copy(), done.at.copy()
    user = np.repeat(crowd.user[:, None], len(app.STEPS), axis=1)
    received = event_time - PROMPT_SECONDS * np.log1p(-crowd.arrives)
    received -= app.LATE_HOURS * HOUR * np.log(np.clip(crowd.late / app.LATE_SHARE, 1e-6, 1))
    for cause in scenario.planted:
        rows = concerned(scenario, cause, crowd, done.version)
        step = cause.step or 0
        if cause.kind == "tracking_break":
            sent[:, step] &= ~(rows & (crowd.lost[:, step] < cause.size))
        elif cause.kind == "null_property":
            user[rows & (crowd.lost[:, step] < cause.size), step] = NOBODY
        elif cause.kind == "identity_change":
            split = rows & (crowd.of("split") < cause.size)
            user[split, :SPLIT_FROM] = second_self(crowd)[split, None]
        elif cause.kind == "timezone_shift":
            # The last step is the server's own event: its clock is right.
            event_time[rows, : len(app.STEPS) - 1] += cause.size * HOUR
        elif cause.kind == "late_data":
            since = scenario.as_of - cause.size * HOUR
            waiting = (crowd.platform == IOS)[:, None] & (event_time >= since)
            waiting &= crowd.lost < LATE_LOSS
            received = np.where(waiting, received + (cause.size + 12) * HOUR, received)
    return Recorded(sent, user, event_time, received)


def second_self(crowd: Crowd) -> Codes:
    """The id that a row's user has before being known, where nothing joins the two."""
    return FIRST_SPARE * 10 + np.arange(len(crowd))


def converted(scenario: Scenario, crowd: Crowd, events: Recorded) -> tuple[int, int]:
    """Entrants of the period and those of them who reach the end within the window, of the
    segment, as known at the moment of asking."""
    known = events.known(scenario.as_of) & (events.event_time < scenario.as_of)
    at = events.event_time
    named = (events.user != NOBODY) & (events.user == events.user[:, :1])
    entered = (crowd.platform == IOS) & known[:, 0] & named[:, 0]
    entered &= (at[:, 0] >= 0) & (at[:, 0] < min(scenario.end, 7 * DAY))
    reached = entered & (known & named).all(axis=1) & (np.diff(at, axis=1) >= 0).all(axis=1)
    reached &= at[:, -1] <= at[:, 0] + app.WINDOW
    return int(entered.sum()), int(reached.sum())
