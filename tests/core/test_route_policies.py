"""What must hold before a channel goes to another destination."""

from __future__ import annotations

from core.route_policies import Move, route_findings

FINE = Move(channel="email", before="mailbox", after="crm")


def verdicts(*moves: Move) -> dict[str, str]:
    return {one.policy: one.severity for one in route_findings(moves)}


def test_a_move_to_a_configured_destination_that_loses_nothing_passes() -> None:
    assert verdicts(FINE) == {}


def test_a_destination_that_cannot_be_used_blocks() -> None:
    gone = FINE.model_copy(update={"unusable": "There is no destination 'crm'."})

    assert verdicts(gone) == {"destination_is_configured": "block"}


def test_a_channel_that_the_catalog_lacks_blocks() -> None:
    assert verdicts(FINE.model_copy(update={"known_channel": False})) == {
        "channel_is_known": "block"
    }


def test_what_the_new_destination_cannot_do_is_judged_by_a_person() -> None:
    poorer = FINE.model_copy(update={"lost": ("crm knows no keys.",)})

    (finding,) = route_findings([poorer])

    assert (finding.policy, finding.severity) == ("nothing_is_lost", "warn")
    assert "email: crm knows no keys." in finding.message


def test_the_approver_is_told_how_many_messages_wait() -> None:
    (finding,) = route_findings([FINE.model_copy(update={"waiting": 1_200}), FINE])

    assert (finding.policy, finding.severity) == ("waiting_messages_are_told", "info")
    assert "1,200 of email" in finding.message


def test_blockers_come_first() -> None:
    both = FINE.model_copy(update={"known_channel": False, "waiting": 3})

    assert [one.severity for one in route_findings([both])] == ["block", "info"]
