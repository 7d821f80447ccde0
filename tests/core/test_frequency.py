"""How many messages are too many, held against counting by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frequency import Asking, Kind, Lack, Limits, Taken
from core.rules import ContactPolicy, FrequencyCap, QuietHours

HOUR = 3600 * 1_000_000
FAR = 10**6
"""Hours; no message of these tests expires."""
TOKYO, AHEAD = "Asia/Tokyo", 9
KINDS = [
    Kind(message_class, channel, group)
    for message_class in ("marketing", "service")
    for channel in ("push", "email")
    for group in (None, "offers")
]


@dataclass
class Sent:
    """A message of a user of Tokyo; moments in whole hours since 1970."""

    kind: Kind
    granted: int
    counted: int
    at: int | None = None

    @property
    def place(self) -> int:
        return self.counted if self.at is None else self.at


@dataclass
class Ledger:
    """One user's messages and limits, counted one by one: slow and plain."""

    contact: ContactPolicy
    messages: list[Sent] = field(default_factory=list)

    def grant(self, kind: Kind, now: int) -> None:
        """As a cycle does it: room on both sides, beside what is sent and what is reserved."""
        places = [(one.kind, one.place) for one in self.messages]
        full = [cap for cap in self.caps(kind) if self.inside(cap, places, now) >= _n(cap)]
        at = now
        if full and all(cap.on_exceed == "defer" and cap.n for cap in full):
            while not self.has_room(kind, places, at):
                at += 1
        if self.has_room(kind, places, at):
            self.messages.append(Sent(kind, at, at))

    def has_room(self, kind: Kind, places: Sequence[tuple[Kind, int]], at: int) -> bool:
        near = any(abs(other - at) < self.contact.min_gap_seconds // 3600 for _, other in places)
        full = any(self.inside(cap, places, at) >= _n(cap) for cap in self.caps(kind))
        return not near and not full

    def caps(self, kind: Kind) -> Iterable[FrequencyCap]:
        return [cap for cap in self.contact.caps if cap.limits(*kind)]

    def inside(self, cap: FrequencyCap, places: Sequence[tuple[Kind, int]], at: int) -> int:
        return sum(cap.limits(*kind) and _together(cap, other, at) for kind, other in places)

    def lack(self, one: Sent, now: int) -> Lack | None:
        taken = [
            Taken(other.kind, other.at * HOUR, other.granted * HOUR, other.counted * HOUR)
            for other in self.messages
            if other is not one and other.at is not None
        ]
        asking = Asking(one.kind, one.granted * HOUR, FAR * HOUR)
        return Limits(self.contact, TOKYO).lack(asking, taken, now * HOUR)

    def send(self, now: int) -> list[Lack]:
        """Everything that is due, in order; gives what kept those that did not leave."""
        found = []
        due = [one for one in self.messages if one.at is None and one.counted <= now]
        for one in sorted(due, key=lambda one: (one.counted > one.granted, one.granted)):
            lack = self.lack(one, now)
            if lack is None:
                one.at = now
                self.check(one)
                continue
            found.append(lack)
            if lack.until is None:
                self.messages.remove(one)
            else:
                assert lack.until % HOUR == 0
                assert self.lack(one, lack.until // HOUR) is None
                one.counted = lack.until // HOUR
        return found

    def check(self, one: Sent) -> None:
        """With the one that just left, nobody has more than the limits of now allow."""
        assert one.at is not None
        sent = [(other.kind, other.at) for other in self.messages if other.at is not None]
        for cap in self.caps(one.kind):
            assert self.inside(cap, sent, one.at) <= _n(cap)
        gap = self.contact.min_gap_seconds // 3600
        assert sum(abs(at - one.at) < gap for _, at in sent) <= 1


def _n(cap: FrequencyCap) -> int:
    assert cap.n is not None
    return cap.n


def _together(cap: FrequencyCap, one: int, other: int) -> bool:
    """Whether two moments fall into one window: some window of that length, or the same unit."""
    if cap.calendar is None:
        return abs(one - other) < cap.window_seconds // 3600
    days = [(moment + AHEAD) // 24 for moment in (one, other)]
    units = days if cap.calendar == "day" else [(day + 3) // 7 for day in days]  # from Monday
    return units[0] == units[1]


def _cap(window: int | str, **more: object) -> FrequencyCap:
    span = {"calendar": window} if isinstance(window, str) else {"window_seconds": window * 3600}
    return FrequencyCap.model_validate({"key": "cap", "n": 1} | span | more)


def _caps(least: int) -> st.SearchStrategy[FrequencyCap]:
    return st.builds(
        lambda window, **more: _cap(window, **more),
        st.sampled_from([2, 5, 5, 24, "day", "week"]),
        n=st.integers(least, 3),
        message_class=st.sampled_from([None, "marketing"]),
        channel=st.sampled_from([None, None, "push"]),
        group=st.sampled_from([None, None, "offers"]),
        on_exceed=st.sampled_from(["drop", "defer"]),
    )


def _contacts(least: int) -> st.SearchStrategy[ContactPolicy]:
    return st.builds(
        lambda caps, gap: ContactPolicy(key="c", caps=tuple(caps), min_gap_seconds=gap * 3600),
        st.lists(_caps(least), min_size=1, max_size=3),
        st.sampled_from([0, 0, 3]),
    )


LATER = st.sampled_from([0, 1, 2, 3, 5, 5, 24])
GRANT = st.tuples(st.just("grant"), LATER, st.sampled_from([KINDS[1], *KINDS]))
SEND = st.tuples(st.just("send"), LATER, st.none())
PUT_OFF = st.tuples(st.just("put off"), LATER, st.integers(1, 30))
STEPS = {"min_size": 12, "max_size": 25}
CHANGE = st.tuples(st.just("change"), LATER, _contacts(0))
START = 24 * 365


def _played(
    ledger: Ledger, steps: list[tuple[str, int, object]]
) -> Iterator[tuple[int, list[Lack]]]:
    """After each step the hour, and what kept messages that were due from leaving."""
    now = START
    for what, later, more in steps:
        now += later
        lacks: list[Lack] = []
        if what == "grant":
            assert isinstance(more, Kind)
            ledger.grant(more, now)
        elif what == "put off":
            assert isinstance(more, int)
            for one in ledger.messages:  # as quiet hours do, which ask no cap
                one.counted += more if one.at is None else 0
        elif what == "change":
            assert isinstance(more, ContactPolicy)
            ledger.contact = more
        else:
            lacks = ledger.send(now)
        yield now, lacks


@given(_contacts(0), st.lists(st.one_of(GRANT, GRANT, SEND, SEND, PUT_OFF, CHANGE), **STEPS))
@settings(max_examples=150)
def test_nobody_gets_more_than_the_limits_at_the_moment_of_sending_allow(
    contact: ContactPolicy, steps: list[tuple[str, int, object]]
) -> None:
    for _ in _played(Ledger(contact), steps):
        pass  # the ledger looks at each message that leaves


@given(_contacts(1), st.lists(st.one_of(GRANT, GRANT, SEND, PUT_OFF), **STEPS))
@settings(max_examples=150)
def test_limits_that_do_not_change_drop_nothing_that_they_granted_however_late_all_leave(
    contact: ContactPolicy, steps: list[tuple[str, int, object]]
) -> None:
    ledger, now = Ledger(contact), START
    for hour, lacks in _played(ledger, steps):
        now = hour
        assert all(lack.until is not None for lack in lacks)
    for _ in range(200):  # and in the end each of them leaves: no two wait for each other for ever
        if all(one.at is not None for one in ledger.messages):
            break
        now = max(now, min(one.counted for one in ledger.messages if one.at is None))
        ledger.send(now)
    assert all(one.at is not None for one in ledger.messages)


@given(_contacts(1), st.lists(GRANT, **STEPS))
@settings(max_examples=40)
def test_what_leaves_when_it_was_granted_always_finds_room(
    contact: ContactPolicy, grants: list[tuple[str, int, Kind]]
) -> None:
    ledger, now = Ledger(contact), START

    def send_until(moment: int) -> None:
        for at in sorted({one.counted for one in ledger.messages if one.at is None}):
            if at <= moment:
                assert ledger.send(at) == []

    for _, later, kind in grants:
        send_until(now + later)
        now += later
        ledger.grant(kind, now)
    send_until(FAR)


# Known answers


def _taken(*hours: float) -> list[Taken]:
    moments = [round(hour * HOUR) for hour in hours]
    return [Taken(KINDS[0], at, at, at) for at in moments]


def _lack(
    contact: ContactPolicy, taken: list[Taken], *, granted: float = 100, now: float = 100
) -> Lack | None:
    asking = Asking(KINDS[0], round(granted * HOUR), round(1000 * HOUR))
    return Limits(contact, "UTC").lack(asking, taken, round(now * HOUR))


@pytest.mark.parametrize("on_exceed", ["drop", "next_channel"])
def test_a_cap_that_had_no_room_when_it_was_granted_drops(on_exceed: str) -> None:
    contact = ContactPolicy(key="c", caps=(_cap(24, on_exceed=on_exceed, channel="push"),))

    assert _lack(contact, _taken(90)) == Lack("CAP_REACHED", None)


def test_one_that_defers_waits_until_the_first_leaves_its_window() -> None:
    contact = ContactPolicy(key="c", caps=(_cap(24, n=2, on_exceed="defer"),))

    assert _lack(contact, _taken(80, 90)) == Lack("CAP_REACHED", 104 * HOUR)
    assert _lack(contact, _taken(76, 90)) is None


def test_a_cap_of_nothing_never_has_room() -> None:
    contact = ContactPolicy(key="c", caps=(_cap(24, n=0, on_exceed="defer"),))

    assert _lack(contact, []) == Lack("CAP_REACHED", None)


def test_room_is_not_waited_for_beyond_the_expiry() -> None:
    contact = ContactPolicy(key="c", caps=(_cap(1000, on_exceed="defer"),))

    assert _lack(contact, _taken(0)) == Lack("CAP_REACHED", None)


def test_the_gap_is_kept_and_what_was_granted_outside_it_waits() -> None:
    contact = ContactPolicy(key="c", min_gap_seconds=4 * 3600)

    assert _lack(contact, _taken(98)) == Lack("MIN_GAP", None)
    assert _lack(contact, [Taken(KINDS[0], 98 * HOUR, 96 * HOUR, 96 * HOUR)]) == Lack(
        "MIN_GAP", 102 * HOUR
    )
    assert _lack(contact, _taken(96)) is None


def test_room_that_opens_in_quiet_hours_is_waited_for_until_they_end() -> None:
    quiet = QuietHours(start="07:00", end="09:00")  # 103:00 to 105:00
    contact = ContactPolicy(key="c", caps=(_cap(24, n=2, on_exceed="defer"),), quiet_hours=quiet)

    assert _lack(contact, _taken(80, 90)) == Lack("CAP_REACHED", 105 * HOUR)


def test_a_window_longer_than_the_calendar_is_a_window() -> None:
    contact = ContactPolicy(key="c", caps=(_cap(24, window_seconds=10**15, on_exceed="defer"),))

    assert _lack(contact, _taken(1)) == Lack("CAP_REACHED", None)
