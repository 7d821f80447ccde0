"""Anybody on the team can stop a send; fewer can let it go again."""

from __future__ import annotations

from datetime import datetime

import pytest

from control.kill_switches import active
from control.people import Person
from control.store import Store
from core.errors import Code, PilothouseError
from orchestrate.kill_switch import kill, unkill

NOW = datetime(2026, 1, 1)


def test_a_switch_stops_its_own_scope_only(store: Store, mara: Person) -> None:
    kill(store, "channel", "push", person=mara, reason="Provider is down.", now=NOW)

    switches = active(store)

    assert switches.stops(policy="p", action="a", channel="push")
    assert switches.stops(policy="p", action="a", channel="email") is None


def test_the_global_switch_stops_everything(store: Store, mara: Person) -> None:
    kill(store, "global", person=mara, reason="Wrong list.", now=NOW)

    stopped = active(store).stops(policy="p", action="a", channel="email")

    assert stopped is not None
    assert stopped.reason == "Wrong list."


def test_a_marketer_can_stop_but_not_let_go(store: Store, mara: Person, ada: Person) -> None:
    kill(store, "policy", "p", person=mara, reason="Wrong list.", now=NOW)

    with pytest.raises(PilothouseError, match="may not release"):
        unkill(store, "policy", "p", person=mara, now=NOW)

    unkill(store, "policy", "p", person=ada, now=NOW)
    assert active(store).switches == ()


def test_a_switch_needs_a_reason(store: Store, mara: Person) -> None:
    with pytest.raises(PilothouseError) as refused:
        kill(store, "global", person=mara, reason=" ", now=NOW)

    assert refused.value.refusal.code is Code.COMMENT_REQUIRED
