"""An eligibility rule as an answer: who is in, who is out, and why."""

from __future__ import annotations

import streamlit as st

from core.artifacts import AskResult, Preview
from core.rules import EligibilityRule
from ui.console.cards.parts import draw
from ui.console.view import charts
from ui.console.view.impact import held_out, needs_judgement, passed_count
from ui.console.view.text import listing, number, percent, plain, share_of
from ui.console.view.wording import action_words, clause_words
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
    questions = len(needs_judgement(result.findings))
    passed = passed_count(result.findings)
    audience, reachable, held, checked = st.columns(4)
    audience.metric(
        "Audience",
        number(preview.audience_size),
        f"{share_of(preview.audience_size, preview.population_size)} of those considered",
        delta_color="off",
        delta_arrow="off",
    )
    reachable.metric(
        "Reachable",
        number(preview.reachable_size),
        f"{share_of(preview.reachable_size, preview.audience_size)} of the audience",
        delta_color="off",
        delta_arrow="off",
        help="After consent, holdouts and caps: who could get it today.",
    )
    held.metric(
        "Held out",
        number(out),
        f"{share}, to measure lift",
        delta_color="off",
        delta_arrow="off",
    )
    checked.metric(
        "Checks passed",
        f"{passed} of {passed + questions}",
        f"{questions} to review" if questions else "nothing to review",
        delta_color="off",
        delta_arrow="off",
    )


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
