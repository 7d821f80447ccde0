"""Numbers in sentences: each names its queries, and one that no query made is found."""

from __future__ import annotations

import pytest

from core.artifacts import DebugReport
from measure.figures import Figures, unsupported


def _report(verdict: str, figures: Figures) -> DebugReport:
    return DebugReport(
        verdict=verdict,
        metric="conversion",
        periods=(),
        segments=("iOS 17",),
        as_of="2026-06-29T00:00:00",
        funnel=(),
        deltas=(),
        exposure=(),
        causes=(),
        ruled_out=(),
        data_quality=(),
        figures=figures.all(),
    )


def test_a_number_that_no_query_made_is_found():
    say = Figures()
    told = f"It fell by {say.percent(0.123, 'q1')} of {say.count(4100, 'q1')} users, or 500."

    assert unsupported(_report(told, say)) == ["500"]


def test_numbers_in_the_names_that_were_asked_about_need_no_query():
    say = Figures()

    assert unsupported(_report("Until 2026-06-29 iOS 17 was well.", say)) == []


def test_a_name_that_the_data_gave_may_be_repeated():
    say = Figures()
    told = f"Version {say.name('5.4.0', 'q2')} did it."

    assert unsupported(_report(told, say)) == []
    assert say.all()[0].value is None


@pytest.mark.parametrize(
    ("p", "text"), [(0, "p < 1e-16"), (2.3e-5, "p = 2.3e-05"), (0.04, "p = 0.040")]
)
def test_a_p_value_is_never_0(p: float, text: str):
    assert Figures().p(p, "q1") == text
