"""A decision policy as an answer: what comes first, what holds it back, who gets what."""

from __future__ import annotations

import streamlit as st

from core.artifacts import AskResult, Preview
from core.rules import DecisionPolicy, Entry
from ui.console.cards.parts import bullets, checks_figure, draw, figure
from ui.console.view import charts
from ui.console.view.impact import held_out
from ui.console.view.text import number, phrase, plain, share_of, title
from ui.console.view.wording import action_words, cooldown_words, message_words
from warehouse.catalog import Catalog
from warehouse.wording import describe


def policy_body(policy: DecisionPolicy, result: AskResult, catalog: Catalog) -> None:
    """Numbers, the order, what holds for all, and who would get what."""
    if result.preview:
        _numbers(policy, result, result.preview)
    order(policy, catalog)
    if result.preview and result.preview.winners:
        who_gets_what(policy, result.preview)


def order(policy: DecisionPolicy, catalog: Catalog) -> None:
    """The entries, first one first, and what holds for every entry."""
    st.markdown(f"**Who is considered:** {plain(describe(policy.population, catalog))}.")
    for entry in sorted(policy.entries, key=lambda entry: entry.tier):
        _entry(entry, policy, catalog)
    shared = [f"**Held back:** {plain(one.name)}" for one in policy.suppressions if not one.actions]
    shared += [f"**Stops:** {plain(one.name)}" for one in policy.stop_conditions if not one.actions]
    if policy.cooldown_seconds:
        shared.append(f"**Left alone after a message:** {cooldown_words(policy.cooldown_seconds)}")
    bullets(shared)


def who_gets_what(policy: DecisionPolicy, preview: Preview) -> None:
    """One row an entry: eligible, gets it, held back, held out, lost to a higher tier."""
    names = {entry.action.key: entry.action.name for entry in policy.entries}
    draw(charts.winners(preview.winners, names))
    rows = {
        "Entry": [
            plain(f"{row.tier}. {names.get(row.entry) or title(row.entry)}")
            for row in preview.winners
        ],
        "Eligible": [number(row.eligible) for row in preview.winners],
        "Would get it": [f"**{number(row.selected)}**" for row in preview.winners],
        "Held back": [number(row.suppressed) for row in preview.winners],
        "Held out": [number(row.held_out) for row in preview.winners],
        "Lost to a higher tier": [number(row.lost) for row in preview.winners],
    }
    st.table(rows, border="horizontal", hide_index=True, alt="Who would get what, by entry")
    if preview.no_entry is not None:
        share = share_of(preview.no_entry, preview.population_size)
        of_all = f" ({share})" if share else ""
        st.caption(
            f"{number(preview.no_entry)} of {number(preview.population_size)} considered{of_all} "
            "are in no entry and get nothing from this policy."
        )


def _entry(entry: Entry, policy: DecisionPolicy, catalog: Catalog) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f":green-badge[{entry.tier}] **{plain(entry.action.name)}**")
        lines = [f"**Who:** {plain(describe(entry.eligibility, catalog))}."]
        held = [one for one in policy.suppressions_of(entry) if one.actions]
        stops = [one for one in policy.stops_of(entry) if one.actions]
        lines += [f"**Held back:** {plain(one.name)}." for one in held]
        lines += [f"**Stops:** {plain(one.name)}." for one in stops]
        lines.append(f"**Says:** {plain(message_words(entry.action, catalog))}")
        st.markdown("  \n".join(lines))
        first = f" · highest {plain(phrase(entry.score))} first" if entry.score else ""
        st.caption(f"Sent as {plain(action_words(entry.action))}{first}")


def _numbers(policy: DecisionPolicy, result: AskResult, preview: Preview) -> None:
    selected = sum(row.selected for row in preview.winners)
    considered, gets, held, checked = st.columns(4)
    figure(considered, "Considered", number(preview.population_size))
    figure(
        gets,
        "Would get a message",
        number(selected),
        share_of(selected, preview.population_size, "of those considered"),
    )
    figure(held, "Held out", number(held_out(policy, preview)), tip="To measure lift.")
    checks_figure(checked, result.findings)
