"""Who has a canary's version, and who has the one before."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from core.canary import CanaryAsk, drawn, is_for, left, narrowed, part_of
from core.conditions import EVERYONE, And, Bucket

shares = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)


@given(shares)
@example(1 - 1e-12)
@example(5e-324)
def test_the_share_and_the_rest_share_one_bound_and_leave_no_gap(share: float) -> None:
    mine, rest = drawn("canary/x", share), left("canary/x", share)

    assert mine.high == rest.low
    assert (mine.low, rest.high) == ("00000000", None)


@given(shares, st.text(min_size=1, max_size=8))
def test_every_user_has_exactly_one_of_both_versions(share: float, user: str) -> None:
    ask = CanaryAsk(share=share)
    parts = drawn("canary/x", ask.share), left("canary/x", ask.share)

    assert sum(is_for(narrowed(EVERYONE, part), user) for part in parts) == 1


def test_a_population_of_a_team_s_own_is_no_canary_s() -> None:
    own = And(of=(EVERYONE, Bucket(salt="weekly", high="80000000")))

    assert part_of(own) is None
    assert is_for(own, "u1")
