"""An eligibility rule as an answer: who is in, who is out, and why."""

from __future__ import annotations

import streamlit as st

from core.artifacts import AskResult, Preview
from core.rules import EligibilityRule
from ui.console.cards.parts import checks_figure, draw, figure
from ui.console.view import charts
from ui.console.view.impact import held_out
from ui.console.view.text import listing, number, percent, plain, share_of
from ui.console.view.wording import action_words, clause_words, message_words
from warehouse.catalog import Catalog
from warehouse.wording import describe


def rule_body(rule: EligibilityRule, result: AskResult, catalog: Catalog) -> None:
    """Numbers, words and the waterfall."""
    if result.preview:
        _numbers(rule, result, result.preview)
    _words(rule, catalog)
    if result.preview and result.preview.waterfall:
        waterfall(result.preview)


def waterfall(preview: Preview) -> None:
    """Who remains after each clause."""
    draw(charts.waterfall(preview.population, preview.population_size, preview.waterfall))
    st.caption("Green is who remains after each condition, grey is who it removes.")


def _numbers(rule: EligibilityRule, result: AskResult, preview: Preview) -> None:
    out = held_out(rule, preview)
    share = percent(rule.holdout.share, 0) if rule.holdout else "0%"
    audience, reachable, held, checked = st.columns(4)
    figure(
        audience,
        "Audience",
        number(preview.audience_size),
        share_of(preview.audience_size, preview.population_size, "of those considered"),
    )
    figure(
        reachable,
        "Reachable",
        number(preview.reachable_size),
        share_of(preview.reachable_size, preview.audience_size, "of the audience"),
        "After consent, holdouts and caps: who could get it today.",
    )
    figure(held, "Held out", number(out), f"{share}, to measure lift")
    checks_figure(checked, result.findings)


def _words(rule: EligibilityRule, catalog: Catalog) -> None:
    inside = listing(clause_words(rule.condition, catalog)) or "everyone"
    population = describe(rule.population, catalog)
    st.markdown(f"**Who is in:** {plain(inside)}.")
    missing = "anyone who misses one of these"
    considered = f"anyone outside {plain(population)}, " if population != "everyone" else ""
    held = f", and {percent(rule.holdout.share, 0)} held out at random" if rule.holdout else ""
    st.markdown(f"**Who is out:** {considered}{missing}{held}.")
    if rule.action:
        st.markdown(f"**What they get:** {plain(action_words(rule.action))}.")
        st.markdown(f"**What it says:** {plain(message_words(rule.action, catalog))}")
