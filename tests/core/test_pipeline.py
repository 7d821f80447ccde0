"""The pipeline's graph: what comes next, and what a failure holds."""

from __future__ import annotations

from itertools import product

from core.pipeline import AFTER, MEANING, Step, StepState, downstream, next_step

WAITING, RUNNING, DONE = StepState.WAITING, StepState.RUNNING, StepState.DONE
FAILED, HELD = StepState.FAILED, StepState.HELD


def test_every_step_stands_in_the_graph_after_the_steps_it_waits_for() -> None:
    order = list(Step)

    assert set(AFTER) == set(MEANING) == set(Step)
    for step, before in AFTER.items():
        assert all(order.index(one) < order.index(step) for one in before)


def test_a_new_run_begins_with_loading_and_ends_when_every_step_is_done() -> None:
    states = dict.fromkeys(Step, WAITING)
    taken = []
    while (step := next_step(states)) is not None:
        taken.append(step)
        states[step] = DONE

    assert taken == list(Step)


def test_a_step_that_was_cut_off_is_the_next_one() -> None:
    states = dict.fromkeys(Step, WAITING) | {Step.LOAD: DONE, Step.IDENTITY: RUNNING}

    assert next_step(states) is Step.IDENTITY


def test_nothing_starts_before_what_it_waits_for_is_done() -> None:
    for values in product((WAITING, RUNNING, DONE, FAILED, HELD), repeat=3):
        first, second, third = values
        states = dict.fromkeys(Step, WAITING)
        states |= {Step.LOAD: first, Step.IDENTITY: second, Step.TRAITS: third}
        found = next_step(states)
        assert found is None or all(states[before] is DONE for before in AFTER[found])


def test_a_failed_audit_holds_decisions_messages_and_read_outs() -> None:
    assert downstream(Step.AUDITS) == (Step.CYCLE, Step.OUTBOX, Step.READ_OUTS)
    assert downstream(Step.READ_OUTS) == ()
