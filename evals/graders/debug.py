"""Debug: metric, segment, control, direction and period."""

from __future__ import annotations

from datetime import date

from agent.planners.port import DebugQuestion, Plan
from evals.bench import Bench
from evals.cases import Case
from evals.graders.grader import Graded, Grader, uncalled_for, without_answer


class DebugCase(Case):
    """What is asked about. ``end`` is the day after the last."""

    metric: str | None = None
    segment: str | None = None
    control: str | None = None
    any_control: bool = False
    """The prompt names none and the data offers several: whichever is compared with is right."""
    direction: str | None = None
    any_direction: bool = False
    """The prompt says neither rise nor drop."""
    start: date | None = None
    end: date | None = None

    @property
    def expected(self) -> str:
        """Every field that is judged."""
        if self.expect != "understood":
            return super().expected
        return "\n".join(f"{name}: {value or 'none'}" for name, value in _wanted(self).items())


def grade(case: DebugCase, plan: Plan, bench: Bench) -> Graded:
    """Every field that the case judges."""
    draft = plan.draft
    if draft is None:
        return without_answer(case, plan)
    if not isinstance(draft, DebugQuestion) or case.expect != "understood":
        return uncalled_for(plan)
    got = _got(draft)
    wrong = [
        f"{name}: {got[name]} instead of {value}"
        for name, value in _wanted(case).items()
        if got[name] != value
    ]
    return Graded("silently_wrong", "; ".join(wrong)) if wrong else Graded("exact")


def _got(draft: DebugQuestion) -> dict[str, object]:
    return {
        "metric": draft.metric,
        "segment": draft.segment and draft.segment.value,
        "control": draft.control and draft.control.value,
        "direction": draft.direction,
        "start": draft.start.date(),
        "end": draft.end.date(),
    }


def _wanted(case: DebugCase) -> dict[str, object]:
    left_open = {"control"} if case.any_control else set()
    left_open |= {"direction"} if case.any_direction else set()
    names = ("metric", "segment", "control", "direction", "start", "end")
    return {name: getattr(case, name) for name in names if name not in left_open}


GRADER = Grader(DebugCase, grade)
