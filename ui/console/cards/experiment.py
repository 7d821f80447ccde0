"""One read-out: first whether the sides may be compared, then what changed, then what to do."""

from __future__ import annotations

from functools import partial

import streamlit as st

from measure.experiments.readout import ActionRow, ArmRow, ExperimentReadout, MetricRow, SplitCell
from ui.console.cards.parts import badges, bullets, draw, heading, sql_fold
from ui.console.view.band import band
from ui.console.view.experiment import (
    CHECKS,
    KINDS,
    amount,
    between,
    guard_badge,
    leading,
    level,
    lifts,
    points_of,
    stopping,
    verdict,
    ways,
    withheld,
)
from ui.console.view.forest import Change, forest
from ui.console.view.state import Badge
from ui.console.view.text import clock, number, people, percent, phrase, plain, title

KEPT = 64
"""So many read-outs keep what was drawn of them."""


def readout_card(name: str, readout: ExperimentReadout, state: str) -> None:
    """The whole page about one read-out; ``state`` says of which data it is."""
    st.title(plain(name), anchor=False)
    badges(KINDS[readout.kind], verdict(readout), Badge(plain(readout.key), "gray", "tag"))
    since = f"Since {clock(readout.since)} UTC. " if readout.since else ""
    horizon = (
        f"What users did within {number(readout.horizon_days)} days counts. "
        if readout.horizon_days
        else ""
    )
    st.caption(f"{since}{horizon}Data as of {clock(readout.as_of)} UTC.")
    _drawn(readout, readout.kind, readout.key, state)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _drawn(_readout: ExperimentReadout, kind: str, key: str, state: str) -> None:
    """Nothing in it can be pressed: drawn once and then replayed."""
    for card in (_verdict, _fairness, _changes, _guards, _over_time, _messages):
        card(_readout)
    sql_fold(_readout.queries)


def _verdict(readout: ExperimentReadout) -> None:
    first, *more = readout.statements
    with st.container(border=True):
        heading(plain(first))
        bullets(plain(one) for one in more)
        st.markdown("**Stop or go on?**")
        bullets(plain(one) for one in stopping(readout))


def _fairness(readout: ExperimentReadout) -> None:
    with st.container(border=True):
        heading("Is it a fair comparison?")
        st.caption("Looked at before any number: a number of sides that differ means nothing.")
        st.markdown(
            "  \n".join(
                f"{CHECKS[check.outcome]} {plain(check.sentence)}" for check in readout.checks
            )
        )
        arms_table(readout.arms, readout.kind)
        met = f"{people(readout.triggered_users)} took part to the end"
        of = f" of {people(readout.total_users)} whom it could concern"
        st.caption(f"{met}{of}." if readout.total_users else f"{met}.")
        _odd_parts([cell for cell in readout.split if cell.failed])


def arms_table(arms: tuple[ArmRow, ...], kind: str) -> None:
    """The sides as they were filled."""
    got = "Saw the change" if kind == "experiment" else "Got a message"
    rows = {
        "Side": [
            f"{plain(title(arm.name))}  \n:small[{percent(arm.planned_share)} planned]"
            for arm in arms
        ],
        "Users": [
            f"{number(arm.users)}  \n:small[{number(arm.expected)} expected]" for arm in arms
        ],
        got: [number(arm.applied) for arm in arms],
    }
    if any(arm.reached_goal is not None for arm in arms):
        rows["Reached the goal"] = [
            "–" if arm.reached_goal is None else number(arm.reached_goal) for arm in arms
        ]
    said = ", ".join(f"{arm.name} {number(arm.users)} users" for arm in arms)
    st.table(rows, border="horizontal", hide_index=True, alt=f"Sides: {said}")


def _odd_parts(cells: list[SplitCell]) -> None:
    if not cells:
        return
    with st.expander(f"Where the split is off ({len(cells)})", icon=":material/warning:"):
        bullets(
            f"{plain(cell.value)}: "
            + ", ".join(
                f"{number(count)} {plain(phrase(arm))}" for arm, count in cell.users.items()
            )
            for cell in cells
        )


def _changes(readout: ExperimentReadout) -> None:
    if readout.withheld:
        with st.container(border=True):
            heading("What it changed")
            st.markdown(f":red[:material/block:] **No number is given.** {plain(readout.withheld)}")
        return
    chart, missing = lifts(readout), withheld(readout)
    with st.container(border=True):
        heading("What it changed")
        if chart:
            st.caption(
                "Each metric against the control, as a share of the control, with an interval "
                "that holds however often one looks. Clear of the dashed line is real."
            )
            draw(chart)
        _metrics(readout)
        if missing:
            st.markdown("**No number for**")
            bullets(plain(one) for one in missing)
    _primary(readout)


def _metrics(readout: ExperimentReadout) -> None:
    told = [(row, one) for row in readout.metrics for one in row.comparisons if one.effect]
    if not told:
        return
    with st.expander(f"The numbers ({len(told)})", icon=":material/table_rows:"):
        rows = {
            "Metric": [plain(row.name) for row, _ in told],
            "Side": [plain(title(one.arm)) for _, one in told],
            "Control": [level(one.control_mean, row) for row, one in told],
            "With it": [level(one.mean, row) for row, one in told],
            "Change": [between(one.effect, row) for row, one in told],
            "p over all metrics": [
                "–" if one.p_adjusted is None else f"{one.p_adjusted:.3g}" for _, one in told
            ],
        }
        alt = "; ".join(f"{row.name} {between(one.effect, row)}" for row, one in told)
        st.table(rows, border="horizontal", hide_index=True, alt=alt)


def _primary(readout: ExperimentReadout) -> None:
    """What it is decided by, in every way that one may ask for it."""
    row, one = readout.primary, leading(readout)
    if row is None or one is None or one.effect is None:
        return
    found = [*ways(row, one)]
    with st.container(border=True):
        heading(plain(f"{row.name}: what it is decided by"))
        rows = {
            "Question": [f"**{plain(way.name)}**  \n{plain(way.answers)}" for way in found],
            "Answer": [way.shown for way in found],
        }
        alt = "; ".join(f"{way.name}: {way.shown}" for way in found)
        st.table(rows, border="horizontal", hide_index=True, alt=alt)


def _guards(readout: ExperimentReadout) -> None:
    if not readout.guards:
        return
    with st.container(border=True):
        heading("What must not get worse")
        st.markdown(
            "  \n".join(
                f"{guard_badge(one).markdown} {plain(one.sentence)}" for one in readout.guards
            )
        )


def _over_time(readout: ExperimentReadout) -> None:
    row, points = readout.primary, points_of(readout)
    if row is None or len(points) < 2:
        return
    with st.container(border=True):
        heading("How the number came about")
        st.caption(
            "What the read-out said at the end of each day, with its interval. It gets narrower "
            "as users come."
        )
        draw(band(points, row.name, partial(_amount, row)))
        _novelty(readout, row)


def _amount(row: MetricRow, value: float) -> str:
    return amount(value, row)


def _novelty(readout: ExperimentReadout, row: MetricRow) -> None:
    """Whether it wears off as users get used to it."""
    arm = first.arm if (first := leading(readout)) else ""
    points = [one for one in readout.novelty if one.arm == arm]
    if len(points) < 2:
        return
    st.markdown("**Does it wear off?**")
    st.markdown(plain(readout.novelty_sentence or "No: the first days and the last do not differ."))
    changes = [
        Change(
            f"Days {one.from_day + 1} to {one.to_day}" if one.to_day - one.from_day > 1
            else f"Day {one.to_day}",
            "", one.effect, one.low, one.high, amount(one.effect, row),
            one.low > 0 or one.high < 0, (one.effect > 0) == (row.better == "up"),
        )
        for one in points
    ]  # fmt: skip
    said = "; ".join(f"{change.label} {change.shown}" for change in changes)
    draw(forest(changes, f"{row.name} by days since a user came: {said}.", partial(_amount, row)))


def _messages(readout: ExperimentReadout) -> None:
    if not readout.actions:
        return
    with st.container(border=True):
        heading("Message by message")
        st.caption("Each on the goal of its own.")
        shown = readout.actions
        rows = {
            "Message": [plain(title(one.action)) for one in shown],
            "Goal": [plain(phrase(one.goal_event or "none")) for one in shown],
            "Held out": [percent(one.comparison.control_mean) for one in shown],
            "With it": [percent(one.comparison.mean) for one in shown],
            "Change": [_told(one) for one in shown],
        }
        alt = f"{len(shown)} messages with their change against the held-out users"
        st.table(rows, border="horizontal", hide_index=True, alt=alt)
        bullets(
            f"{plain(title(one.action))}: {plain(reason)}"
            for one in shown
            if (reason := one.comparison.withheld or one.withheld)
        )


def _told(one: ActionRow) -> str:
    found = one.comparison.effect
    if found is None or one.withheld:
        return "no number"
    ends = (found.low, found.high)
    low, high = ("–" if end is None else f"{100 * end:+.1f}" for end in ends)
    return f"{100 * found.value:+.1f} pp ({low} to {high})".replace("-", "−")
