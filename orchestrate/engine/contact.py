"""Caps, minimum gap and quiet hours: what a winner meets when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.moments import SECOND, micros
from core.rules import FrequencyCap
from orchestrate.engine.candidates import Candidate, Rules
from orchestrate.engine.openings import NEVER, Openings, Waiting
from orchestrate.engine.staging import CODE, NO_CHANNEL, RUNNING, Chunk
from orchestrate.engine.state import Bools, Codes, Moments, Places, Slots
from orchestrate.engine.zones import Zones

Numbers = npt.NDArray[np.int16]
Channels = npt.NDArray[np.int8]
ROOM, DEFER, NEXT_CHANNEL, DROP = range(4)
"""What full caps ask of a message; of several the last."""
_NOBODY = np.zeros(0, np.int32), np.zeros(0, np.int16)
ASKS = {"drop": DROP, "defer": DEFER, "next_channel": NEXT_CHANNEL}


class Asking(NamedTuple):
    """Rows whose turn it is: each user at most once."""

    users: Places
    numbers: Numbers
    places: Channels
    ghosts: Bools


class Answer(NamedTuple):
    """What became of them."""

    reasons: Codes
    """RUNNING: it may go out."""
    places: Channels
    ready: Moments
    """When it may go out."""


class Contact:
    """The limits of one chunk of users; a granted message counts for those that come after it."""

    def __init__(
        self, chunk: Chunk, rules: Rules, zones: Zones, candidates: Sequence[Candidate]
    ) -> None:
        state = chunk.state
        self._chunk = chunk
        self._caps = rules.caps
        self._counts, self._shadow = state.counts.copy(), state.shadow.copy()
        self._near, self._near_shadow = state.near.copy(), state.near_shadow.copy()
        self._gap = rules.contact.min_gap_seconds * SECOND
        self._zones = zones
        self._candidates = candidates
        self._as_of = micros(rules.as_of)
        self._limits = limits(self._caps, candidates)
        self._exempt = np.array(
            [one.entry.action.message_class == "transactional" for one in candidates], np.bool_
        )
        self._expires = np.array([_expiry(one, rules.as_of) for one in candidates], np.int64)
        self._valid = {
            number: np.sort(users) for number, users in state.valid.items() if users.size
        }
        self._openings = Openings(rules, zones.names, int(self._expires.max(initial=0)))
        self._slots = [] if state.slots is None else [state.slots]

    def ask(self, asking: Asking) -> Answer:
        """Answer one turn, and count what is granted."""
        exempt = self._exempt[asking.numbers]
        zone = self._chunk.state.zone[asking.users]
        waits = ~exempt & ~self._zones.known[zone]
        ready = np.where(exempt, self._as_of, self._zones.ready[zone])
        asked, places = self._room(asking, exempt)
        put_off = (asked == DEFER) & ~waits
        near = ~exempt & ~put_off & self._too_near(asking)
        ready[put_off] = self._opening(asking, places, put_off)
        capped = (asked != ROOM) & (~put_off | (ready == NEVER))
        reasons = np.full(asking.users.size, RUNNING, np.uint8)
        late = ready >= self._expires[asking.numbers]
        for code, stopped in (
            ("CAP_REACHED", capped),
            ("MIN_GAP", near),
            ("QUIET_HOURS", late & ~waits),
            ("TZ_UNKNOWN", waits),
            ("DUPLICATE_INTENT", self._is_on_its_way(asking)),
        ):
            reasons[stopped & (reasons == RUNNING)] = CODE[code]
        places = np.where(capped, asking.places, places)
        granted = reasons == RUNNING
        taken = asking._replace(places=places)
        self._count(Asking(*(column[granted] for column in taken)), ready[granted])
        return Answer(reasons, places, ready)

    def _room(self, asking: Asking, exempt: Bools) -> tuple[Codes, Channels]:
        """What full caps ask of each message, and by which channel it goes."""
        places = asking.places.copy()
        asked = self._asked(asking, places)
        asked[exempt] = ROOM
        while (trying := asked == NEXT_CHANNEL).any():
            places[trying] = self._next(asking, places, trying)
            asked[trying] = self._asked(asking, places)[trying]
            asked[trying & (places == NO_CHANNEL)] = DROP
        return asked, places

    def _asked(self, asking: Asking, places: Channels) -> Codes:
        """What the caps that are full on a channel ask."""
        found = np.full(asking.users.size, ROOM, np.uint8)
        for number, (cap, n) in enumerate(self._caps):
            counted = self._counts[number][asking.users]
            counted = counted + np.where(asking.ghosts, self._shadow[number][asking.users], 0)
            full = self._limits[number][asking.numbers, places] & (counted >= n)
            np.maximum(found, ASKS[cap.on_exceed], out=found, where=full)
        return found

    def _next(self, asking: Asking, places: Channels, trying: Bools) -> Channels:
        """The next usable place of those who try, or NO_CHANNEL."""
        users, numbers, found = asking.users[trying], asking.numbers[trying], places[trying]
        following = np.full(found.size, NO_CHANNEL, np.int8)
        for number in np.unique(numbers):
            here = numbers == number
            usable = self._chunk.routed(self._candidates[number].route).usable
            for place in range(len(usable) - 1, 0, -1):
                fits = here & (place > found) & usable[place][users]
                following[fits & ~self._is_paused(int(number), place, users)] = place
        return following

    def _is_paused(self, number: int, place: int, users: Places) -> Bools:
        """Whom earlier outcomes pause on one channel of a candidate."""
        who, where = self._chunk.state.paused.get(number, _NOBODY)
        paused: Bools = np.isin(users, who[where == place])
        return paused

    def _opening(self, asking: Asking, places: Channels, which: Bools) -> Moments:
        """When there is room for those that are put off; NEVER: not before they expire."""
        users, numbers = asking.users[which], asking.numbers[which]
        zone = self._chunk.state.zone[users]
        waiting = Waiting(
            users=users,
            ghosts=asking.ghosts[which],
            zones=zone,
            limited=self._limits[:, numbers, places[which]],
            ready=self._zones.ready[zone],
            expires=self._expires[numbers],
        )
        if not users.size:
            return waiting.ready
        return self._openings.first(waiting, _joined(self._slots, len(self._caps)))

    def _too_near(self, asking: Asking) -> Bools:
        if not self._gap:
            return np.zeros(asking.users.size, np.bool_)
        near: Bools = self._near[asking.users] | (asking.ghosts & self._near_shadow[asking.users])
        return near

    def _is_on_its_way(self, asking: Asking) -> Bools:
        found = np.zeros(asking.users.size, np.bool_)
        if self._valid:
            for number in np.unique(asking.numbers):
                if number in self._valid:
                    here = asking.numbers == number
                    found |= here & np.isin(asking.users, self._valid[number])
        return found

    def _count(self, granted: Asking, ready: Moments) -> None:
        """What goes out counts from here on; what a ghost would have got counts for ghosts."""
        users, ghosts = granted.users, granted.ghosts
        zone = self._chunk.state.zone[users]
        limited = self._limits[:, granted.numbers, granted.places]
        for number, counts in enumerate(limited):
            # What waits or does not may fall outside the window of those that come after it.
            begins, ends = self._zones.begins[number][zone], self._zones.ends[number][zone]
            inside = counts & (ready >= begins) & (ready < ends)
            self._counts[number][users[inside & ~ghosts]] += 1
            self._shadow[number][users[inside & ghosts]] += 1
        close = np.abs(ready - self._zones.ready[zone]) < self._gap
        self._near[users[close & ~ghosts]] = True
        self._near_shadow[users[close & ghosts]] = True
        if self._chunk.state.slots is not None:
            self._slots.append(Slots(users, ready, ghosts, limited))


def limits(
    caps: Sequence[tuple[FrequencyCap, int]], candidates: Sequence[Candidate]
) -> npt.NDArray[np.bool_]:
    """Cap × candidate × place in its route: whether the cap counts it."""
    widest = max((len(one.route.channels) for one in candidates), default=0)
    # The last place: no channel.
    table = np.zeros((len(caps), len(candidates), widest + 1), np.bool_)
    for number, (cap, _) in enumerate(caps):
        for one in candidates:
            action = one.entry.action
            for place, channel in enumerate(one.route.channels):
                table[number, one.number, place] = cap.limits(
                    action.message_class, channel, action.exclusion_group
                )
    return table


def _joined(slots: Sequence[Slots], caps: int) -> Slots:
    users, at, ghosts, counted = (
        np.concatenate(parts, axis=-1) for parts in zip(*slots, strict=True)
    )
    return Slots(users, at, ghosts, counted.reshape(caps, -1))


def _expiry(candidate: Candidate, as_of: datetime) -> int:
    return micros(expires_at(candidate, as_of))


def expires_at(candidate: Candidate, as_of: datetime) -> datetime:
    """When a message decided now is past its time."""
    action = candidate.entry.action
    expires = as_of + timedelta(seconds=action.expires_after_seconds)
    return expires if action.offer is None else min(expires, action.offer.valid_until)
