"""Caps, minimum gap and quiet hours: what a winner meets when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.rules import FrequencyCap
from orchestrate.engine.candidates import Candidate, Rules
from orchestrate.engine.staging import CODE, NO_CHANNEL, RUNNING, Chunk
from orchestrate.engine.state import Bools, Codes, Places
from orchestrate.engine.zones import Zones

Micros = npt.NDArray[np.int64]
EPOCH = datetime(1970, 1, 1)


class Asking(NamedTuple):
    """Rows whose turn it is: each user at most once."""

    users: Places
    numbers: npt.NDArray[np.int16]
    places: npt.NDArray[np.int8]
    ghosts: Bools


class Answer(NamedTuple):
    """What became of them."""

    reasons: Codes
    """RUNNING: it may go out."""
    places: npt.NDArray[np.int8]
    ready: Micros
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
        self._gap = rules.contact.min_gap_seconds > 0
        self._zones = zones
        self._candidates = candidates
        self._as_of = micros(rules.as_of)
        self._limits = [_limited(cap, candidates) for cap, _ in self._caps]
        self._exempt = np.array(
            [one.entry.action.message_class == "transactional" for one in candidates], np.bool_
        )
        self._expires = np.array([_expiry(one, rules.as_of) for one in candidates], np.int64)
        self._valid = {
            number: np.sort(users) for number, users in state.valid.items() if users.size
        }

    def ask(self, asking: Asking) -> Answer:
        """Answer one turn, and count what is granted."""
        exempt = self._exempt[asking.numbers]
        zone = self._chunk.state.zone[asking.users]
        waits = ~exempt & ~self._zones.known[zone]
        ready = np.where(exempt, self._as_of, self._zones.ready[zone])
        capped, places = self._room(asking, exempt)
        reasons = np.full(asking.users.size, RUNNING, np.uint8)
        late = ready >= self._expires[asking.numbers]
        for code, stopped in (
            ("CAP_REACHED", capped),
            ("MIN_GAP", ~exempt & self._too_near(asking)),
            ("QUIET_HOURS", late & ~waits),
            ("TZ_UNKNOWN", waits),
            ("DUPLICATE_INTENT", self._is_on_its_way(asking)),
        ):
            reasons[stopped & (reasons == RUNNING)] = CODE[code]
        granted = reasons == RUNNING
        places = np.where(capped, asking.places, places)
        self._count(Asking(*(column[granted] for column in asking._replace(places=places))))
        return Answer(reasons, places, ready)

    def _room(self, asking: Asking, exempt: Bools) -> tuple[Bools, npt.NDArray[np.int8]]:
        """Whom a cap stops, and by which channel the others go."""
        places = asking.places.copy()
        hard, soft = self._over(asking, places)
        hard, soft = hard & ~exempt, soft & ~exempt
        trying = soft & ~hard
        while trying.any():
            places[trying] = self._next(asking, places, trying)
            hard |= trying & (places == NO_CHANNEL)
            trying &= ~hard
            now_hard, now_soft = self._over(asking, places)
            hard |= trying & now_hard
            trying &= now_soft & ~now_hard
        return hard, places

    def _over(self, asking: Asking, places: npt.NDArray[np.int8]) -> tuple[Bools, Bools]:
        """Whose caps are full on a channel: any that drops, and any that gives way."""
        hard, soft = (np.zeros(asking.users.size, np.bool_) for _ in range(2))
        for number, (cap, n) in enumerate(self._caps):
            counted = self._counts[number][asking.users]
            counted = counted + np.where(asking.ghosts, self._shadow[number][asking.users], 0)
            over = self._limits[number][asking.numbers, places] & (counted >= n)
            if cap.on_exceed == "next_channel":
                soft |= over
            else:
                hard |= over
        return hard, soft

    def _next(
        self, asking: Asking, places: npt.NDArray[np.int8], trying: Bools
    ) -> npt.NDArray[np.int8]:
        """The next usable place of those who try, or NO_CHANNEL."""
        users, numbers, found = asking.users[trying], asking.numbers[trying], places[trying]
        following = np.full(found.size, NO_CHANNEL, np.int8)
        for number in np.unique(numbers):
            here = numbers == number
            usable = self._chunk.routed(self._candidates[number].route).usable
            for place in range(len(usable) - 1, 0, -1):
                fits = here & (place > found) & usable[place][users]
                following[fits] = place
        return following

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

    def _count(self, granted: Asking) -> None:
        """What goes out counts from here on; what a ghost would have got counts for ghosts."""
        users, ghosts = granted.users, granted.ghosts
        zone = self._chunk.state.zone[users]
        exempt = self._exempt[granted.numbers]
        for number, limits in enumerate(self._limits):
            counts = limits[granted.numbers, granted.places]
            # What goes out at once may fall into another calendar unit than what waits.
            counts = counts & (~exempt | self._zones.is_current[number][zone])
            self._counts[number][users[counts & ~ghosts]] += 1
            self._shadow[number][users[counts & ghosts]] += 1
        self._near[users[~ghosts]] = True
        self._near_shadow[users[ghosts]] = True


def _limited(cap: FrequencyCap, candidates: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Candidate × place in its route: whether the cap counts it."""
    widest = max((len(one.route.channels) for one in candidates), default=0)
    table = np.zeros((len(candidates), widest + 1), np.bool_)  # the last place: no channel
    for one in candidates:
        action = one.entry.action
        for place, channel in enumerate(one.route.channels):
            table[one.number, place] = cap.limits(
                action.message_class, channel, action.exclusion_group
            )
    return table


def _expiry(candidate: Candidate, as_of: datetime) -> int:
    return micros(expires_at(candidate, as_of))


def expires_at(candidate: Candidate, as_of: datetime) -> datetime:
    """When a message decided now is past its time."""
    action = candidate.entry.action
    expires = as_of + timedelta(seconds=action.expires_after_seconds)
    return expires if action.offer is None else min(expires, action.offer.valid_until)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of a naive UTC moment."""
    return (moment - EPOCH) // timedelta(microseconds=1)
