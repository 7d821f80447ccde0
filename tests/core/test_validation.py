"""Policies that cannot work are named before anybody approves them; sound ones are left alone."""

from __future__ import annotations

import pytest

from core import validation
from core.conditions import (
    EVERYONE,
    Attribute,
    EventCount,
    Not,
    Op,
    Or,
    Related,
    Trait,
)
from core.proposal import Proposal
from core.rules import (
    QuietHours,
)
from core.validation import VALIDATIONS
from tests.core.proposals import (
    DAY,
    LOOKED,
    PAYING,
    SUMMER,
    TICKET,
    TRAINED,
    TRAINED_THIS_WEEK,
    TRAINED_THRICE,
    both,
    cap,
    contact,
    entry,
    facts,
    got,
    hold,
    ignored,
    policy,
    proposal,
    stop,
)

WRONG: dict[str, list[tuple[Proposal, str]]] = {
    "every_entry_can_win": [
        (proposal(policy(entry("help", 1, TRAINED), entry("nudge", 2, TRAINED_THRICE))), "block"),
        (proposal(policy(entry("help", 1, EVERYONE), entry("nudge", 2, LOOKED))), "block"),
        (proposal(policy(entry("help", 1, TRAINED), entry("nudge", 1, TRAINED))), "block"),
        # Two above it take everybody between them.
        (
            proposal(
                policy(
                    entry("help", 1, TRAINED),
                    entry("nudge", 2, EventCount(event="workout_completed", op=Op.EQ, n=0)),
                    entry("offer", 3, LOOKED),
                )
            ),
            "block",
        ),
        # The population makes it so.
        (
            proposal(
                policy(
                    entry("help", 1, TRAINED),
                    entry("nudge", 2, LOOKED),
                    population=TRAINED_THIS_WEEK,
                )
            ),
            "block",
        ),
        # What holds the first back holds the second back too.
        (
            proposal(
                policy(
                    entry("help", 1, TRAINED),
                    entry("nudge", 2, TRAINED_THRICE),
                    suppressions=(hold("open", TICKET), ignored()),
                    stop_conditions=(stop(PAYING),),
                )
            ),
            "block",
        ),
        # Two of three places are taken by two entries for everybody.
        (
            proposal(
                policy(
                    entry("help", 1, EVERYONE),
                    entry("nudge", 1, EVERYONE),
                    entry("offer", 2, LOOKED),
                    hit_policy="top_k",
                    k=2,
                )
            ),
            "block",
        ),
    ],
    "population_holds_every_audience": [
        (proposal(policy(entry("help", 1, PAYING), population=Not(of=PAYING))), "block"),
        (
            proposal(
                policy(
                    entry("help", 1, TRAINED, applicability=TICKET),
                    population=Related(entity="ticket", where=TICKET.where, op=Op.EQ, n=0),
                )
            ),
            "block",
        ),
        (proposal(entries=(facts("nudge", eligible=0, outside=12),)), "warn"),
    ],
    "nothing_ends_before_it_begins": [
        (
            proposal(policy(entry("nudge", 1, TRAINED_THRICE), stop_conditions=(stop(TRAINED),))),
            "block",
        ),
        (
            proposal(
                policy(
                    entry("nudge", 1, TRAINED),
                    stop_conditions=(stop(Or(of=(TRAINED_THRICE, Not(of=TRAINED_THRICE)))),),
                )
            ),
            "block",
        ),
        (
            proposal(policy(entry("nudge", 1, TICKET), suppressions=(hold("open", TICKET),))),
            "block",
        ),
        (proposal(entries=(facts("nudge", eligible=9, stopped=9),)), "warn"),
    ],
    "no_two_wait_for_each_other": [
        (
            proposal(
                policy(
                    entry("help", 1, TICKET),
                    entry("nudge", 2, LOOKED),
                    suppressions=(hold("a", LOOKED, "help"), hold("b", TICKET, "nudge")),
                )
            ),
            "block",
        ),
        (
            proposal(
                policy(
                    entry("help", 1, TICKET),
                    entry("nudge", 2, LOOKED),
                    entry("offer", 3, PAYING),
                    suppressions=(
                        hold("a", LOOKED, "help"),
                        hold("b", PAYING, "nudge"),
                        hold("c", TICKET, "offer"),
                    ),
                )
            ),
            "block",
        ),
        (
            proposal(
                policy(
                    entry("help", 1, both(TICKET, got("nudge"))),
                    entry("nudge", 2, both(LOOKED, got("help"))),
                )
            ),
            "warn",
        ),
    ],
    "caps_leave_room": [
        (proposal(contact=contact(caps=(cap(0),))), "block"),
        (
            proposal(
                policy(entry("help", 1, TICKET, exclusion_group="upgrades")),
                contact=contact(caps=(cap(0, group="upgrades"),)),
            ),
            "block",
        ),
        (proposal(contact=contact(caps=(cap(0, message_class=None),))), "block"),
        (
            proposal(
                policy(
                    entry("help", 1, TICKET), entry("nudge", 2, LOOKED), hit_policy="top_k", k=2
                ),
                contact=contact(caps=(cap(1, on_exceed="defer"),)),
            ),
            "warn",
        ),
        (
            proposal(
                policy(entry("help", 1, TICKET, channels=("push",))),
                contact=contact(caps=(cap(0, channel="push"),)),
            ),
            "block",
        ),
        (
            proposal(
                policy(
                    entry("help", 1, TICKET), entry("nudge", 2, LOOKED), hit_policy="top_k", k=2
                ),
                contact=contact(caps=(cap(1),)),
            ),
            "warn",
        ),
        (
            proposal(
                policy(
                    entry("help", 1, TICKET), entry("nudge", 2, LOOKED), hit_policy="top_k", k=2
                ),
                contact=contact(caps=(cap(5),), min_gap_seconds=4 * 3600),
            ),
            "warn",
        ),
    ],
    "somebody_can_be_reached": [(proposal(entries=(facts("nudge", reachable=0),)), "warn")],
    "expires_in_time": [
        (proposal(policy(entry("help", 1, TICKET, expires_after_seconds=400 * DAY))), "warn"),
        (
            proposal(
                policy(entry("help", 1, TICKET, expires_after_seconds=8 * 3600)),
                contact=contact(quiet_hours=QuietHours(start="21:00", end="08:00")),
            ),
            "warn",
        ),
    ],
    "audiences_are_pinned": [(proposal(unpinned=("vip",)), "warn")],
    "no_audience_in_itself": [(proposal(unpinned=("next_best", "vip")), "block")],
}

RIGHT: dict[str, list[Proposal]] = {
    "every_entry_can_win": [
        proposal(policy(entry("help", 1, TRAINED_THRICE), entry("nudge", 2, TRAINED))),
        proposal(policy(entry("help", 1, TRAINED), entry("nudge", 2, LOOKED))),
        # Whoever is held back from the first gets the second.
        proposal(
            policy(
                entry("help", 1, TRAINED),
                entry("nudge", 2, TRAINED_THRICE),
                suppressions=(hold("open", TICKET, "help"),),
            )
        ),
        proposal(
            policy(
                entry("help", 1, TRAINED),
                entry("nudge", 2, TRAINED_THRICE),
                suppressions=(ignored("help"),),
            )
        ),
        # A service message goes to those who agreed to no marketing; e-mail to those without push.
        proposal(
            policy(
                entry("help", 1, TRAINED),
                entry("nudge", 2, TRAINED_THRICE, message_class="service"),
            )
        ),
        proposal(
            policy(entry("help", 1, TRAINED, channels=("push",)), entry("nudge", 2, TRAINED_THRICE))
        ),
        # An offer is not always valid, and where another one stands it is not made.
        proposal(
            policy(
                entry("help", 1, TRAINED, offer=SUMMER),
                entry("nudge", 2, TRAINED_THRICE),
            )
        ),
        # Scores decide user by user which one of a tier comes first.
        proposal(
            policy(entry("help", 1, TRAINED, score="ltv"), entry("nudge", 1, TRAINED, score="ltv"))
        ),
        proposal(
            policy(entry("help", 1, EVERYONE), entry("nudge", 2, LOOKED), hit_policy="top_k", k=2)
        ),
    ],
    "population_holds_every_audience": [
        proposal(policy(entry("help", 1, TRAINED), population=PAYING)),
        proposal(entries=(facts("nudge", eligible=3, outside=12),)),
        proposal(entries=(facts("nudge", eligible=0, outside=0),)),
    ],
    "nothing_ends_before_it_begins": [
        proposal(policy(entry("nudge", 1, TRAINED), stop_conditions=(stop(TRAINED_THRICE),))),
        proposal(
            policy(
                entry("help", 1, TICKET),
                entry("nudge", 2, LOOKED),
                stop_conditions=(stop(TICKET, "nudge"),),
            )
        ),
        # That nobody is eligible is said elsewhere.
        proposal(
            policy(
                entry("nudge", 1, PAYING),
                population=Not(of=PAYING),
                stop_conditions=(stop(PAYING),),
            )
        ),
        proposal(entries=(facts("nudge", eligible=9, stopped=8), facts("help", eligible=0))),
    ],
    "no_two_wait_for_each_other": [
        proposal(
            policy(
                entry("help", 1, TICKET),
                entry("nudge", 2, LOOKED),
                suppressions=(hold("b", TICKET, "nudge"),),
            )
        ),
        # Nobody is eligible for both.
        proposal(
            policy(
                entry("help", 1, TICKET),
                entry("nudge", 2, both(LOOKED, Not(of=TICKET))),
                suppressions=(hold("a", LOOKED, "help"), hold("b", TICKET, "nudge")),
            )
        ),
        proposal(policy(entry("help", 1, TICKET), entry("nudge", 2, both(LOOKED, got("help"))))),
    ],
    "caps_leave_room": [
        proposal(),
        proposal(contact=contact(caps=(cap(1),), min_gap_seconds=3600)),
        proposal(contact=contact(caps=(cap(0, message_class="service"),))),
        proposal(contact=contact(caps=(cap(0, channel="push"),))),
        proposal(
            policy(entry("help", 1, TICKET), entry("nudge", 2, LOOKED), hit_policy="top_k", k=2),
            contact=contact(caps=(cap(1, window_seconds=DAY, on_exceed="defer"),)),
        ),
        proposal(contact=contact(caps=(cap(0, group="upgrades"),))),
        proposal(
            policy(
                entry("help", 1, TICKET, exclusion_group="upgrades"),
                entry("nudge", 2, LOOKED),
                hit_policy="top_k",
                k=2,
            ),
            contact=contact(caps=(cap(1, group="upgrades"),)),
        ),
        proposal(
            policy(entry("help", 1, TICKET, message_class="transactional")),
            contact=contact(caps=(cap(0, message_class=None),)),
        ),
    ],
    "somebody_can_be_reached": [
        proposal(entries=(facts("nudge", reachable=1), facts("help", eligible=0, reachable=0)))
    ],
    "expires_in_time": [
        proposal(contact=contact(quiet_hours=QuietHours(start="21:00", end="08:00"))),
        proposal(
            policy(
                entry("help", 1, TICKET, expires_after_seconds=3600, message_class="transactional")
            ),
            contact=contact(quiet_hours=QuietHours(start="21:00", end="08:00")),
        ),
    ],
    "audiences_are_pinned": [proposal()],
    "no_audience_in_itself": [proposal(unpinned=("vip",))],
}
WRONG_ONES = [(name, one, severity) for name, found in WRONG.items() for one, severity in found]
RIGHT_ONES = [(name, one) for name, found in RIGHT.items() for one in found]


def test_every_validation_has_its_tests_here() -> None:
    assert {one.__name__ for one in VALIDATIONS} == set(WRONG) == set(RIGHT)


@pytest.mark.parametrize(("name", "wrong", "severity"), WRONG_ONES)
def test_what_cannot_work_is_named_with_what_to_do(
    name: str, wrong: Proposal, severity: str
) -> None:
    found = getattr(validation, name)(wrong)

    assert (found.policy, found.severity) == (name, severity)
    assert found.message.endswith(".")
    assert found.fix.endswith(".")


@pytest.mark.parametrize(("name", "right"), RIGHT_ONES)
def test_what_can_work_is_left_alone(name: str, right: Proposal) -> None:
    assert getattr(validation, name)(right) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_validation_says_its_rule_in_one_sentence(name: str) -> None:
    text = getattr(validation, name).__doc__.strip()

    assert text.endswith(".")
    assert "\n" not in text


def test_a_finding_names_messages_as_a_marketer_knows_them() -> None:
    shadowed = proposal(policy(entry("help", 1, TRAINED), entry("nudge", 2, TRAINED_THRICE)))

    found = validation.every_entry_can_win(shadowed)

    assert found is not None
    assert found.message == "Nudge can never be sent: everybody it is for gets Help first."


def test_named_audiences_are_looked_into() -> None:
    named = policy(entry("help", 1, Trait(name="x", value=1)), entry("nudge", 2, LOOKED))
    meant = policy(entry("help", 1, EVERYONE), entry("nudge", 2, LOOKED))

    assert validation.every_entry_can_win(proposal(named)) is None
    assert validation.every_entry_can_win(proposal(named, spelled_out=meant)) is not None


def test_conditions_about_values_are_compared_as_well() -> None:
    ios = Attribute(column="device_os", value="ios")
    phones = Attribute(column="device_os", op=Op.IN, value=("ios", "android"))

    assert validation.every_entry_can_win(
        proposal(policy(entry("help", 1, phones), entry("nudge", 2, ios)))
    )
