"""What a tick's moment is in every time zone that users live in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.frequency import counted_between, whose_midnight
from core.moments import micros
from core.quiet_hours import ready_at
from core.rules import FrequencyCap
from orchestrate.engine.candidates import Rules
from orchestrate.engine.state import Moments


class Zones(NamedTuple):
    """One place a zone, in the order of ``names``. Moments are microseconds since 1970."""

    names: tuple[str, ...]
    """As the users table has them; '' where there is none."""
    ready: Moments
    """When a message that waits for quiet hours may go out."""
    known: npt.NDArray[np.bool_]
    """Whether that can be told."""
    begins: Moments
    """Cap × zone: what goes out from then on counts for what goes out when it is ready."""
    ends: Moments
    """Cap × zone: until when."""


def zones_of(rules: Rules, names: Sequence[str]) -> Zones:
    """The tick's moment in each of these zones."""
    ready = [ready_at(rules.as_of, name, rules.contact.quiet_hours) for name in names]
    moments = [found or rules.as_of for found in ready]
    spans = np.array(
        [
            [
                counted_between(cap, zone_of(cap, name, rules), at)
                for name, at in zip(names, moments, strict=True)
            ]
            for cap, _ in rules.caps
        ],
        np.int64,
    ).reshape(len(rules.caps), len(names), 2)
    return Zones(
        names=tuple(names),
        ready=np.array([micros(moment) for moment in moments], np.int64),
        known=np.array([found is not None for found in ready], np.bool_),
        begins=spans[:, :, 0],
        ends=spans[:, :, 1],
    )


def zone_of(cap: FrequencyCap, users: str, rules: Rules) -> str:
    """Whose midnight a cap goes by for users of a zone."""
    return whose_midnight(cap, users, rules.contact.quiet_hours)
