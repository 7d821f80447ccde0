"""How the health of the data is drawn, a card a question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from core.masking import masked_text
from ui.console.cards.parts import draw, heading
from ui.console.view.charts import groups
from ui.console.view.health import (
    BALANCES,
    LOST,
    MOVED,
    STATES,
    Need,
    against,
    age_badge,
    drift_words,
    equation,
)
from ui.console.view.state import Badge
from ui.console.view.text import clock, number, phrase, plain, title
from ui.health import MOST_REASONS, Health

MOST_CONFLICTS = 10
_OTHER = Badge("Known", "gray", "info")


def needs_card(wanted: Sequence[Need]) -> None:
    """What needs somebody, each with what to do first."""
    with st.container(border=True):
        heading("What needs somebody")
        if not wanted:
            st.markdown(":green[:material/check_circle:] Nothing: everything is as promised.")
        for one in wanted:
            st.markdown(f":orange[:material/priority_high:] {one.what}  \nNext: {one.do}")


def resting_card(found: Health) -> None:
    """The rules in force that read what is late."""
    if not found.resting:
        return
    with st.container(border=True):
        heading("Rules that rest on late data")
        st.table(
            {
                "Rule": [f"**{plain(one.name)}**" for one in found.resting],
                "State": [plain(title(one.state)) for one in found.resting],
                "Reads, and it is late": [plain(", ".join(one.late)) for one in found.resting],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(found.resting)} rules read data that is late",
        )
        st.caption("Directly, or by way of a trait. A rule that is too far behind is not decided.")


def freshness_card(found: Health) -> None:
    """The age of every table and trait beside what is promised."""
    with st.container(border=True):
        heading("How old the data is")
        st.markdown("**Tables** :gray[and who owns them], by their newest row")
        tables = sorted(found.tables, key=lambda one: (not one.late, one.promised_seconds is None))
        st.table(
            {
                "Table": [f"{plain(one.table)} :gray[{plain(one.owner)}]" for one in tables],
                "State": [
                    age_badge(one.promised_seconds, one.age_seconds, late=one.late).markdown
                    for one in tables
                ],
                "Age, of what is promised": [
                    against(one.age_seconds, one.promised_seconds) for one in tables
                ],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{sum(one.late for one in tables)} of {len(tables)} tables are late",
        )
        if not found.traits:
            st.caption("Traits are built elsewhere here, so nothing is known of their sources.")
            return
        st.markdown("**Traits**, by the source that is furthest behind")
        traits = sorted(found.traits, key=lambda one: not one.stale)
        st.table(
            {
                "Trait": [
                    f"{plain(phrase(one.trait))} :gray[{plain(one.owner)}]" for one in traits
                ],
                "State": [
                    age_badge(one.slo_seconds, one.age_seconds, late=one.stale).markdown
                    for one in traits
                ],
                "Age of its source, of what is promised": [
                    f"{against(one.age_seconds, one.slo_seconds)} :gray[{plain(one.source)}]"
                    for one in traits
                ],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{sum(one.stale for one in traits)} of {len(traits)} traits are late",
        )


def ledger_card(found: Health) -> None:
    """What became of every event received: the books must add up."""
    with st.container(border=True):
        heading("Events that came in")
        if not found.sources:
            st.markdown("No app has sent an event to this collector yet.")
            st.markdown(
                "Point an SDK at this server, or try `pilothouse collect import FILE`: every event "
                "that is received is then accounted for here."
            )
        for one in found.sources:
            badge = LOST if one.unaccounted else BALANCES
            st.markdown(f"{badge.markdown} {plain(one.name)}: {equation(one)}")


def dead_card(found: Health) -> None:
    """Events that were not accepted, by reason, and how they are taken in after all."""
    with st.container(border=True):
        heading("Events that were not accepted")
        if not found.dead:
            st.markdown("None: every event was what the tracking plan says.")
            return
        st.table(
            {
                "Reason": [
                    f"**{plain(title(one.code.lower()))}** {plain(one.message)}"
                    for one in found.dead
                ],
                "Events": [f"**{number(one.events)}**" for one in found.dead],
                "Last, UTC": [clock(one.last_at) for one in found.dead],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(found.dead)} reasons why events were not accepted",
        )
        if len(found.dead) == MOST_REASONS:
            st.caption(f"The {MOST_REASONS} most frequent reasons.")
        st.markdown(
            "They are kept whole. Once the tracking plan says what they are, an admin takes them "
            "in with `pilothouse collect replay`; `pilothouse collect dead-letters list` has each."
        )


def drift_card(found: Health) -> None:
    """How the values of each trait moved between the last two builds."""
    with st.container(border=True):
        heading("How values moved")
        if found.drift is None:
            st.markdown("There is one build of the traits only, so there is nothing to compare.")
            st.markdown("`pilothouse model build` or the next load makes the second one.")
            return
        moved = sorted(found.drift.traits, key=lambda one: -one.psi)
        bars = tuple((phrase(one.trait), one.psi, f"{one.psi:.3f}") for one in moved)
        if any(one.psi for one in moved):
            _drift_chart(bars)
        st.table(
            {
                "Trait": [plain(phrase(one.trait)) for one in moved],
                "State": [MOVED[one.verdict].markdown for one in moved],
                "PSI": [f"{one.psi:.3f}" for one in moved],
                "Without a value": [drift_words(one) for one in moved],
            },
            border="horizontal",
            hide_index=True,
            alt=f"How far {len(moved)} traits moved",
        )
        before, now = found.drift.before, found.drift.now
        st.caption(
            f"Build {now.number} of {clock(now.as_of)} against build {before.number} of "
            f"{clock(before.as_of)}. PSI says how far the spread of values moved: below 0.1 is "
            "quiet, above 0.25 is worth a look. It says that something moved, not why."
        )


@st.cache_data(show_spinner=False, max_entries=8)
def _drift_chart(bars: tuple[tuple[str, float, str], ...]) -> None:
    draw(groups(bars, "How far each trait moved (PSI)"))


def merging_card(found: Health, *, named: bool) -> None:
    """How many ids are somebody else's, and which pairs wait for a ruling."""
    merging = found.merging
    with st.container(border=True):
        heading("Who is one person")
        share = merging.merged / merging.users if merging.users else 0.0
        st.markdown(
            f"**{number(merging.merged)} of {number(merging.users)}** user ids turned out to be "
            f"somebody else's: {100 * share:.1f} %."
        )
        if not merging.open:
            st.markdown(":green[:material/check:] No pair of identifiers waits for a ruling.")
            return
        st.markdown(f"**{number(len(merging.open))}** pairs of identifiers wait for a ruling.")
        if named:
            shown = merging.open[:MOST_CONFLICTS]
            st.table(
                {
                    "Why": [plain(title(one.kind)) for one in shown],
                    "One": [plain(masked_text(str(one.a))) for one in shown],
                    "The other": [plain(masked_text(str(one.b))) for one in shown],
                    "Seen, UTC": [clock(one.seen_at) for one in shown],
                },
                border="horizontal",
                hide_index=True,
                alt=f"{len(shown)} identity conflicts",
            )
        st.markdown(
            "An analyst or an admin settles one with `pilothouse identity resolve ID --same` or "
            "`--apart`; nothing is merged until then."
        )


def outbox_card(found: Health) -> None:
    """Where messages stand."""
    with st.container(border=True):
        heading("Messages on their way out")
        if not found.outbox:
            st.markdown("No message was decided yet.")
            return
        states = _in_order(found.outbox)
        known = [STATES.get(state, (title(state), _OTHER)) for state in states]
        st.table(
            {
                "Messages": [f"**{number(found.outbox[state])}**" for state in states],
                "Where they stand": [meaning for meaning, _ in known],
                "State": [badge.markdown for _, badge in known],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{sum(found.outbox.values())} messages by state",
        )
        st.markdown(
            "Rejected ones leave once more with `pilothouse deliver retry`; of unclear ones "
            "somebody says what became of them with `pilothouse deliver settle`."
        )


def _in_order(outbox: Iterable[str]) -> list[str]:
    places = {state: place for place, state in enumerate(STATES)}
    return sorted(outbox, key=lambda state: (places.get(state, len(places)), state))
